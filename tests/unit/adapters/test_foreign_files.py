"""Transactions files of third parties: their own names of columns, and the rules that their rows are held to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from upi_risk.adapters.polars.stream import StreamSlice, read_slice
from upi_risk.adapters.polars.transactions_file import Transactions, read_transactions
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.stream import FileForm

WEEK = timedelta(days=7)
HANDBOOK = (
    ("event_time", "TX_DATETIME"),
    ("user_id", "CUSTOMER_ID"),
    ("receiver_id", "TERMINAL_ID"),
    ("amount", "TX_AMOUNT"),
    ("is_fraud", "TX_FRAUD"),
)
HEADER = "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD"
ROWS = (
    "1,2018-04-01 00:00:31,596,3156,57.16,0",
    "2,2018-04-01 00:02:10,4961,3412,81.51,1",
    "3,2018-04-01 00:07:56,2,1365,146.00,0",
)


def a_file(folder: Path, *rows: str, header: str = HEADER) -> Path:
    path = folder / "theirs.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def read(path: Path, *, now: datetime | None = None, strict: bool = False) -> Transactions:
    return read_transactions(path, WEEK, FileForm(HANDBOOK, now, strict))


def refusal(path: Path, form: FileForm) -> str:
    with pytest.raises(UnusableDataError) as refused:
        read_transactions(path, WEEK, form)
    return str(refused.value)


def test_a_file_with_names_of_its_own_is_read(tmp_path: Path) -> None:
    frame = read(a_file(tmp_path, *ROWS)).frame
    assert frame["user_id"].to_list() == ["596", "4961", "2"]
    assert frame["receiver_id"].to_list() == ["3156", "3412", "1365"]
    assert frame["amount_paise"].to_list() == [5716, 8151, 14600]
    assert frame["is_fraud"].to_list() == [False, True, False]


def test_a_column_that_has_our_name_but_is_not_meant_is_left_alone(tmp_path: Path) -> None:
    rows = [f"{row},rubbish" for row in ROWS]
    assert read(a_file(tmp_path, *rows, header=f"{HEADER},amount")).frame["amount_paise"][0] == 5716


def test_a_file_that_is_not_separated_by_commas_is_told_so(tmp_path: Path) -> None:
    path = a_file(tmp_path, *(row.replace(",", ";") for row in ROWS), header=HEADER.replace(",", ";"))
    assert refusal(path, FileForm(HANDBOOK)).endswith("', one column: separate columns by commas.")
    path.write_text("a\n1\n", encoding="utf-8")
    assert "and has a. Say which is which: --columns event_time=NAME" in refusal(path, FileForm())
    path.write_text(",".join(f"c{number}" for number in range(13)) + "\n", encoding="utf-8")
    assert "c11 and more. Say" in refusal(path, FileForm())


def test_a_file_in_another_encoding_is_told_so(tmp_path: Path) -> None:
    path = a_file(tmp_path, *ROWS)
    path.write_bytes(path.read_bytes().replace(b"596", "é".encode("latin-1")))
    assert refusal(path, FileForm(HANDBOOK)).endswith("save it as UTF-8.")


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ((), "theirs.csv has no column event_time, user_id, receiver_id, amount, is_fraud; it needs"),
        ((("amount", "TX_AMONT"),), "theirs.csv has no column TX_AMONT; it has TRANSACTION_ID, TX_DATETIME"),
        ((("amounts", "TX_AMOUNT"),), "amounts is no column of a transactions file; there are event_time"),
        ((("amount", "TX_AMOUNT"), ("amount", "TX_FRAUD")), "The columns name one twice"),
        ((("amount", "TX_AMOUNT"), ("user_id", "TX_AMOUNT")), "The columns name one twice"),
    ],
)
def test_names_that_lead_nowhere_are_named(tmp_path: Path, columns: tuple[tuple[str, str], ...], sentence: str) -> None:
    assert refusal(a_file(tmp_path, *ROWS), FileForm(columns)).startswith(sentence)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("4,,2,3,1.00,0", "Row 4 of theirs.csv has no event_time"),
        ("4,2018-04-01 00:08:00,,3,1.00,0", "Row 4 of theirs.csv has no user_id"),
        ("4,2018-04-01 00:08:00,2,3,-1.00,0", "Row 4 of theirs.csv has a negative amount"),
        (
            "4,2018-04-01 00:08:00,2,3,₹1,0",
            "Row 4 of theirs.csv has no amount (its column TX_AMOUNT) that can be read as a number; write rupees",
        ),
        (
            "4,2018-04-01 00:08:00,2,3,1.00,No",
            "Row 4 of theirs.csv has an is_fraud (its column TX_FRAUD) that is neither",
        ),
        (ROWS[1], "Row 4 of theirs.csv repeats an earlier row in every column"),
        (
            "4,2018-04-03 00:00:00,2,3,1.00,0",
            "Row 4 of theirs.csv has an event_time (its column TX_DATETIME) in the future; check the clock",
        ),
    ],
)
def test_a_row_that_will_not_do_is_named_by_its_number(tmp_path: Path, row: str, sentence: str) -> None:
    form = FileForm(HANDBOOK, now=datetime(2018, 4, 2, tzinfo=UTC))
    assert refusal(a_file(tmp_path, *ROWS, row), form).startswith(sentence)
    assert read_transactions(a_file(tmp_path, *ROWS), WEEK, form).frame.height == 3


@pytest.mark.parametrize("name", ["settled_at", "reported_at"])
def test_what_is_yet_to_happen_is_refused_too(tmp_path: Path, name: str) -> None:
    rows = [f"{row},2018-04-01T09:00:00Z" for row in ROWS]
    path = a_file(tmp_path, *rows, header=f"{HEADER},{name}")
    form = FileForm(HANDBOOK, now=datetime(2018, 4, 1, 8, tzinfo=UTC))
    assert refusal(path, form).startswith(f"Row 1 (and 2 more) of theirs.csv has a {name} in the future")


def test_rows_out_of_order_are_sorted_and_counted_or_refused_on_request(tmp_path: Path) -> None:
    path = a_file(tmp_path, ROWS[1], ROWS[0], ROWS[2])
    taken = read(path)
    assert taken.frame["row"].to_list() == [2, 1, 3]
    assert taken.cleaning["rows_out_of_order"] == 1
    assert taken.notes[0].startswith("1 rows of theirs.csv were not in order")
    said = refusal(path, FileForm(HANDBOOK, strict_order=True))
    assert said.startswith(
        "Row 2 of theirs.csv has an event_time (its column TX_DATETIME) before that of the row above"
    )
    assert said.endswith("; sort the file, or leave --strict-order out. The first row after the header is row 1.")
    assert read(a_file(tmp_path, *ROWS), strict=True).notes == ()


def test_every_rule_that_keeps_rows_counts_them(tmp_path: Path) -> None:
    rows = (
        "4,2018-04-01 00:08:00,2,3,0,0",
        "5,2018-04-01 00:09:00,2,3,1.005,0",
        "6,2018-04-01 00:10:00,2,3,1000000.01,0",
        "7,2018-04-01 00:10:00,2,3,1000000.01,0",
    )
    taken = read(a_file(tmp_path, *ROWS, *rows))
    assert taken.cleaning == {
        "rows_read": 7,
        "rows_out_of_order": 0,
        "zero_amounts_kept": 1,
        "amounts_rounded": 1,
        "amounts_above_limit_kept": 2,
        "lookalikes_kept": 2,
    }
    assert len(taken.notes) == 4
    assert taken.frame.height == 7


def test_a_replay_takes_the_same_names_and_tells_the_same(tmp_path: Path) -> None:
    path = a_file(tmp_path, ROWS[1], ROWS[0])
    found = read_slice(path, StreamSlice(None, None, None, WEEK, FileForm(HANDBOOK)), "X-", "theirs")
    assert [(row.user_id, row.receiver) for row in found.payments] == [
        ("X-596", "3156@theirs"),
        ("X-4961", "3412@theirs"),
    ]
    assert "sorted" in found.notes[0]


def test_a_receiver_of_one_character_is_made_a_upi_id(tmp_path: Path) -> None:
    path = a_file(tmp_path, ROWS[0].replace("3156", "7"))
    found = read_slice(path, StreamSlice(None, None, None, WEEK, FileForm(HANDBOOK)), "X-", "theirs")
    assert [row.receiver for row in found.payments] == ["7.@theirs"]
