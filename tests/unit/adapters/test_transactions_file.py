"""Reading a transactions file: what is accepted, what it comes to mean, and the sentence for what is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from upi_risk.adapters.polars.transactions_file import read_transactions, transactions_of
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.indian_time import DAY_US, epoch_us

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HEADER = "event_time,user_id,receiver_id,amount,is_fraud"


def raw(rows: int = 3, **columns: Any) -> pl.DataFrame:  # noqa: ANN401 - a keyword may be any column
    """Payments an hour apart; a keyword replaces a column."""
    known: dict[str, Any] = {
        "event_time": [NOON + timedelta(hours=hour) for hour in range(rows)],
        "user_id": ["U1"] * rows,
        "receiver_id": ["R1"] * rows,
        "amount": [10.5] * rows,
        "is_fraud": [0] * rows,
    }
    return pl.DataFrame(known | columns)


def csv(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "payments.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def parquet(folder: Path, frame: pl.DataFrame) -> Path:
    path = folder / "payments.parquet"
    frame.write_parquet(path)
    return path


def refusal(frame: pl.DataFrame) -> str:
    with pytest.raises(UnusableDataError) as refused:
        transactions_of(frame, "f")
    return str(refused.value)


def test_csv_and_parquet_of_the_same_payments_are_the_same(tmp_path: Path) -> None:
    frame = raw(is_fraud=[0, 1, 0])
    rows = (
        "2026-03-02T12:00:00Z,U1,R1,10.5,0",
        "2026-03-02 18:30:00+05:30,U1,R1,10.50,true",
        "2026-03-02 14:00,U1,R1, 10.5 ,0",
    )
    from_csv = read_transactions(csv(tmp_path, *rows)).frame
    from_parquet = read_transactions(parquet(tmp_path, frame)).frame
    assert from_csv.equals(from_parquet)
    assert from_csv["at_us"].to_list() == [epoch_us(NOON + timedelta(hours=hour)) for hour in range(3)]
    assert from_csv["amount_paise"].to_list() == [1050] * 3
    assert from_csv["is_fraud"].to_list() == [False, True, False]


@pytest.mark.parametrize(
    "time",
    [
        "2026-03-02T12:00:00",
        "2026-03-02 12:00",
        "2026-03-02T12:00:00.000000Z",
        "2026-03-02 17:30:00+0530",
        "2026-03-02 12:00:00 UTC",
    ],
)
def test_a_time_in_text_is_utc_unless_it_says_otherwise(tmp_path: Path, time: str) -> None:
    assert read_transactions(csv(tmp_path, f"{time},U1,R1,1,0")).frame["at_us"].item() == epoch_us(NOON)


def test_a_date_alone_is_its_midnight_and_naive_and_zoned_parquet_times_are_read(tmp_path: Path) -> None:
    assert (
        read_transactions(csv(tmp_path, "2026-03-02,U1,R1,1,0")).frame["at_us"].item() == epoch_us(NOON) - DAY_US // 2
    )
    naive = raw(1, event_time=[NOON.replace(tzinfo=None)])
    zoned = raw(1).with_columns(pl.col("event_time").dt.convert_time_zone("Asia/Kolkata").dt.cast_time_unit("ms"))
    for frame in (naive, zoned):
        assert transactions_of(frame, "f").frame["at_us"].item() == epoch_us(NOON)


def test_amounts_become_whole_paise_to_the_nearest() -> None:
    frame = transactions_of(raw(amount=[0.29, 57.16, 1_000_000.01]), "f").frame
    assert frame["amount_paise"].to_list() == [29, 5716, 100_000_001]
    assert transactions_of(raw(amount=[1, 2, 3]), "f").frame["amount_paise"].to_list() == [100, 200, 300]


def test_without_optional_columns_payments_settle_at_once_and_frauds_are_reported_after_the_delay() -> None:
    delay = timedelta(days=3)
    frame = transactions_of(raw(is_fraud=[0, 1, 0]), "f", delay).frame
    at = frame["at_us"].to_list()
    assert frame["settled_us"].to_list() == at
    assert frame["reported_us"].to_list() == [None, at[1] + 3 * DAY_US, None]
    assert frame["signed_up_us"].to_list() == [at[0] - 1] * 3
    assert frame["login_count"].to_list() == [1] * 3


def test_optional_columns_are_taken_as_they_are() -> None:
    late = NOON + timedelta(days=2)
    frame = transactions_of(
        raw(
            is_fraud=[1, 0, 0],
            settled_at=[None, late, None],
            reported_at=[None, None, late],
            signed_up_at=[NOON] * 3,
            login_count=[1, 2, 3],
        ),
        "f",
    ).frame
    assert frame["settled_us"].to_list() == [None, epoch_us(late), None]
    assert frame["reported_us"].to_list() == [None, None, epoch_us(late)]
    assert frame["signed_up_us"].to_list() == [epoch_us(NOON)] * 3
    assert frame["login_count"].to_list() == [1, 2, 3]


def test_rows_out_of_order_are_sorted_keep_their_order_within_an_instant_and_it_is_said() -> None:
    read = transactions_of(raw(event_time=[NOON + timedelta(1), NOON, NOON], amount=[1, 2, 3]), "f")
    assert read.frame["row"].to_list() == [2, 3, 1]
    assert "sorted" in read.notes[0]
    assert transactions_of(raw(), "f").notes == ()


def test_amounts_of_nothing_are_kept_and_counted() -> None:
    assert transactions_of(raw(amount=[0, 1, 0]), "f").notes == (
        "2 payments of f have an amount of 0; they were kept.",
    )


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"event_time": [NOON, None, None]}, "Row 2 (and 1 more) of f has no event_time that can be read"),
        ({"event_time": ["x", "2026-03-02", "2026-03-03"]}, "Row 1 of f has no event_time"),
        ({"event_time": [1, 2, 3]}, "Row 1 (and 2 more) of f has no event_time"),
        ({"event_time": [NOON, NOON, NOON.replace(year=1969)]}, "Row 3 of f has an event_time before 1970 or after"),
        ({"user_id": ["U1", " ", "U1"]}, "Row 2 of f has no user_id"),
        ({"receiver_id": ["R1", "R1", None]}, "Row 3 of f has no receiver_id"),
        ({"amount": [1.0, float("nan"), 1.0]}, "Row 2 of f has no amount that can be read as a number"),
        ({"amount": ["1", "2", "ten"]}, "Row 3 of f has no amount"),
        ({"amount": [1.0, float("inf"), 1.0]}, "Row 2 of f has no amount"),
        ({"amount": [1.0, 2.0, -0.001]}, "Row 3 of f has a negative amount"),
        ({"amount": [1.0, 2.0, 2e9]}, "Row 3 of f has an amount above"),
        ({"is_fraud": [0, 1, 2]}, "Row 3 of f has an is_fraud that is neither 0 nor 1"),
        ({"is_fraud": ["no", "0", "1"]}, "Row 1 of f has an is_fraud"),
        ({"settled_at": ["soon", None, None]}, "Row 1 of f has a settled_at that cannot be read"),
        ({"settled_at": [None, None, NOON]}, "Row 3 of f has a settled_at before its event_time"),
        ({"reported_at": [None, NOON, None]}, "Row 2 of f has a reported_at before its event_time"),
        ({"signed_up_at": [NOON, NOON, None]}, "Row 3 of f has no signed_up_at"),
        ({"signed_up_at": [NOON + timedelta(1)] * 3}, "Row 1 (and 2 more) of f has a signed_up_at after"),
        ({"login_count": [1, 0, 1]}, "Row 2 of f has no login_count of 1 or more"),
        ({"login_count": ["1", "1.5", "1"]}, "Row 2 of f has no login_count"),
    ],
)
def test_a_row_that_is_no_payment_is_named(columns: dict[str, Any], sentence: str) -> None:
    assert refusal(raw(**columns)).startswith(sentence)


def test_a_row_that_repeats_another_in_every_column_is_refused() -> None:
    twins = raw(event_time=[NOON, NOON, NOON + timedelta(1)])
    assert refusal(twins).startswith("Row 2 of f repeats an earlier row in every column (1 such in all)")


def test_payments_that_look_alike_but_have_ids_of_their_own_are_kept(tmp_path: Path) -> None:
    path = parquet(tmp_path, raw(event_time=[NOON] * 3, TRANSACTION_ID=[1, 2, 3]))
    assert read_transactions(path).frame.height == 3


def test_sums_that_leave_exact_arithmetic_are_refused() -> None:
    assert "check the unit" in refusal(raw(100_000, amount=[1e9] * 100_000))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("none.csv", None, "There is no file"),
        ("payments.xlsx", b"", "payments.xlsx is neither .parquet nor .csv."),
        ("payments.parquet", b"not parquet", "payments.parquet cannot be read"),
        ("payments.csv", b"", "payments.csv cannot be read"),
        ("payments.csv", b"event_time,user_id\n", "payments.csv has no column receiver_id, amount, is_fraud"),
        ("payments.csv", HEADER.encode() + b"\n", "payments.csv holds no payments."),
        ("payments.csv", HEADER.encode() + b"\n\xff\xfe,U,R,1,0\n", "payments.csv cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UnusableDataError) as refused:
        read_transactions(tmp_path / name)
    assert str(refused.value).startswith(sentence)
    assert "\n" not in str(refused.value)
