"""``upi-risk labels import``: the file, and what an operator reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from tests.unit.application.test_labels import Labelling
from upi_risk.adapters.polars.labels_file import read_labels
from upi_risk.application.import_labels import ImportLabels
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.labels import FileLabel, LabelSource
from upi_risk.entrypoints.cli.labels import labels_command


def a_file(folder: Path, *lines: str, head: str = "transaction_id,label,time,source") -> Path:
    file = folder / "labels.csv"
    file.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return file


def test_a_csv_and_a_parquet_file_say_the_same(tmp_path: Path) -> None:
    file = a_file(tmp_path, "t1,fraud,2026-03-02T12:00:00+05:30,chargeback", "t2, Good ,2026-03-02 06:30,ANALYST")
    at = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
    wanted = [
        FileLabel("t1", LabelSource.CHARGEBACK, fraud=True, at=at),
        FileLabel("t2", LabelSource.ANALYST, fraud=False, at=at),
    ]
    assert read_labels(file) == wanted
    table = {"transaction_id": ["t1", "t2"], "label": [1, 0], "time": [at, at], "source": ["chargeback", "analyst"]}
    pl.DataFrame(table).write_parquet(tmp_path / "labels.parquet")
    assert read_labels(tmp_path / "labels.parquet") == wanted


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (",fraud,2026-03-02,payer", "row 2: there is no transaction_id"),
        ("t,maybe,2026-03-02,payer", "row 2: label is to be"),
        ("t,fraud,yesterday,payer", "row 2: time is to be"),
        ("t,fraud,2026-03-02,neighbour", "row 2: source is to be payer, analyst, chargeback"),
    ],
)
def test_a_row_that_cannot_be_understood_is_named(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(UnusableDataError, match=said):
        read_labels(a_file(tmp_path, "t,fraud,2026-03-02,payer", line))


def test_a_file_that_is_none_or_lacks_a_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableDataError, match="no column time"):
        read_labels(a_file(tmp_path, head="transaction_id,label,source"))
    (tmp_path / "x.parquet").write_text("x")
    with pytest.raises(UnusableDataError, match="can be read"):
        read_labels(tmp_path / "x.parquet")


def test_what_came_of_each_label_is_told(tmp_path: Path) -> None:
    at = Labelling()

    @asynccontextmanager
    async def opened() -> AsyncIterator[ImportLabels]:
        yield at.file

    def read(file: Path) -> list[FileLabel]:
        return read_labels(file)

    file = a_file(tmp_path, "nobody,fraud,2026-03-02,chargeback")
    result = CliRunner().invoke(labels_command(read, opened), ["import", str(file)], catch_exceptions=False)
    assert "1 of payments that nobody made (nobody)." in result.stdout
    file = a_file(tmp_path)
    result = CliRunner().invoke(labels_command(read, opened), ["import", str(file)], catch_exceptions=False)
    assert result.stdout.endswith("no labels.\n")
