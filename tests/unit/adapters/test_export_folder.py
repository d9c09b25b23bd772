"""Folders of exports: what is written, what goes on, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from upi_risk.adapters.polars.export_folder import ParquetExport
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.polars.transactions_file import read_transactions
from upi_risk.domain.collecting import ExportPlan, PastCheck
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.features import NAMES

BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
PLAN = ExportPlan(None, None, BEGIN + timedelta(days=30), "a key of the operator", own_key=True)
DRAWN = replace(PLAN, key="drawn", own_key=False)


def a_check(hour: int, *, reported: bool = False, features: tuple[float, ...] | None = None) -> PastCheck:
    at = BEGIN + timedelta(hours=hour)
    return PastCheck(
        at=at,
        user_id="u",
        receiver="r",
        amount_paise=12_345,
        settled_at=at,
        reported_at=at + timedelta(days=1) if reported else None,
        signed_up_at=BEGIN - timedelta(days=9),
        features=tuple(float(number + 2) for number in range(len(NAMES))) if features is None else features,
        score=0.25,
        decision="ALLOW",
        model_version="v1.0",
        probability=0.0125,
    )


def exported(folder: Path, plan: ExportPlan = PLAN) -> Path:
    """A finished export of two parts."""
    export = ParquetExport(folder)
    export.begin(plan)
    export.add([a_check(0), a_check(1, reported=True)])
    export.add([a_check(2, features=(1.0,))])
    export.finish()
    return folder


def refusal(folder: Path, plan: ExportPlan) -> str:
    with pytest.raises(UnusableDataError) as refused:
        ParquetExport(folder).begin(plan)
    return str(refused.value)


def test_a_finished_export_reads_as_a_transactions_file(tmp_path: Path) -> None:
    folder = exported(tmp_path / "out")
    frame = read_transactions(folder).frame
    assert frame["amount_paise"].to_list() == [12_345] * 3
    assert frame["is_fraud"].to_list() == [False, True, False]
    assert frame["login_count"].to_list() == [2, 2, 1]
    assert frame["row"].to_list() == [1, 2, 3]
    table = pl.read_parquet(folder / "part-000001.parquet")
    assert table["logged_trust_score"].to_list() == [4.0, 4.0]
    assert table["score"].to_list() == [0.25, 0.25]
    assert table["probability"].to_list() == [0.0125, 0.0125]
    assert set(table.columns) == {
        "event_time", "user_id", "receiver_id", "amount", "is_fraud", "settled_at", "reported_at", "signed_up_at",
        "login_count", "score", "decision", "model_version", "probability",
        *(f"logged_{name}" for name in EXTENDED_SET.names),
    }  # fmt: skip
    assert table["logged_user_zscore"].to_list() == [None, None]  # the fourteen were logged
    assert pl.read_parquet(folder / "part-000002.parquet")["logged_amount"].to_list() == [None]


def test_the_digest_of_a_folder_is_its_content_s(tmp_path: Path) -> None:
    one, same = (exported(tmp_path / name) for name in ("one", "same"))
    digests = [FilePaymentStream.open(folder, timedelta(days=7)).source.sha256 for folder in (one, same)]
    assert digests[0] == digests[1]
    (one / "manifest.json").unlink()
    (one / "part-000002.parquet").unlink()
    assert FilePaymentStream.open(one, timedelta(days=7)).source.sha256 not in digests


def test_an_interrupted_export_goes_on_as_it_was_begun_with_its_own_key(tmp_path: Path) -> None:
    export = ParquetExport(tmp_path)
    export.begin(DRAWN)
    export.add([a_check(0), a_check(1)])
    (tmp_path / "part-000002.parquet").write_bytes(b"half a file")
    with pytest.raises(UnusableDataError, match="was interrupted; run upi-risk collect again"):
        read_transactions(tmp_path)
    again = ParquetExport(tmp_path)
    state = again.begin(replace(DRAWN, key="another", as_of=BEGIN + timedelta(days=99)))
    assert (state.plan, state.rows, state.after, state.done) == (DRAWN, 2, a_check(1).at, False)
    assert again.add([a_check(2, reported=True)]).frauds == 1
    assert "drawn" in (tmp_path / "key.secret").read_text()
    assert (tmp_path / "key.secret").stat().st_mode & 0o077 == 0
    assert again.finish().done
    assert not (tmp_path / "key.secret").exists()
    assert ParquetExport(tmp_path).begin(replace(DRAWN, key="a third")).done
    assert read_transactions(tmp_path).frame.height == 3


def test_a_lost_key_is_said(tmp_path: Path) -> None:
    ParquetExport(tmp_path).begin(DRAWN)
    (tmp_path / "key.secret").unlink()
    assert "has lost its key.secret" in refusal(tmp_path, DRAWN)


def test_an_operator_s_key_is_written_nowhere(tmp_path: Path) -> None:
    exported(tmp_path)
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written
    assert [name for name, held in written.items() if PLAN.key.encode() in held] == []


@pytest.mark.parametrize(
    ("plan", "sentence"),
    [
        (replace(PLAN, since=BEGIN), "another period"),
        (replace(PLAN, until=BEGIN), "another period"),
        (replace(PLAN, key="another key of theirs"), "another COLLECT_KEY"),
        (DRAWN, "another COLLECT_KEY"),
    ],
)
def test_an_export_of_something_else_is_left_alone(tmp_path: Path, plan: ExportPlan, sentence: str) -> None:
    folder = exported(tmp_path / "out")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert sentence in refusal(folder, plan)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").touch()
    assert "holds thesis.docx, which is no export's" in refusal(tmp_path, PLAN)
    assert "Nothing can be written" in refusal(tmp_path / "thesis.docx" / "x", PLAN)
    with pytest.raises(UnusableDataError, match=r"holds no \.parquet files"):
        read_transactions(tmp_path)


def test_a_broken_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    assert "cannot be read" in refusal(tmp_path, PLAN)


def test_an_empty_history_is_an_export_without_payments(tmp_path: Path) -> None:
    export = ParquetExport(tmp_path)
    export.begin(PLAN)
    assert (export.finish().rows, export.finish().after) == (0, None)
    with pytest.raises(UnusableDataError, match=r"holds no \.parquet files"):
        read_transactions(tmp_path)
