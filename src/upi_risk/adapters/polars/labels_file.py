"""Labels out of a CSV or Parquet file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import polars as pl

from upi_risk.adapters.polars.columns import instant_us
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.labels import FileLabel, LabelSource

COLUMNS: Final = ("transaction_id", "label", "time", "source")
_FRAUD: Final = {"fraud": True, "1": True, "true": True, "good": False, "0": False, "false": False}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def read_labels(file: Path) -> list[FileLabel]:
    """The labels of a file, in its order.

    ``transaction_id``; ``label``: fraud or good (1 or 0); ``time``: ISO 8601, UTC where no zone is given; ``source``:
    payer, analyst or chargeback.

    Raises:
        UnusableDataError: it cannot be read, lacks a column, or a row is not as above; the message names the first.
    """
    try:
        table = pl.read_parquet(file) if file.suffix == ".parquet" else pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UnusableDataError(f"{file} is no CSV or Parquet file that can be read.") from error
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise UnusableDataError(f"{file} has no column {missing[0]}; it needs {', '.join(COLUMNS)}.")
    plain = table.select(
        pl.col("transaction_id").cast(pl.String).str.strip_chars(),
        pl.col("label").cast(pl.String).str.strip_chars().str.to_lowercase().replace_strict(_FRAUD, default=None),
        instant_us("time", table.schema).alias("time"),
        pl.col("source").cast(pl.String).str.strip_chars().str.to_lowercase(),
    )
    return [_label(f"{file}, row {number}", row) for number, row in enumerate(plain.iter_rows(), 1)]


def _label(place: str, row: tuple[Any, ...]) -> FileLabel:
    name, fraud, at, source = row
    if not name:
        raise UnusableDataError(f"{place}: there is no transaction_id.")
    if fraud is None:
        raise UnusableDataError(f"{place}: label is to be fraud or good.")
    if at is None:
        raise UnusableDataError(f"{place}: time is to be like 2026-03-02T12:00:00Z.")
    if source not in set(LabelSource):
        raise UnusableDataError(f"{place}: source is to be {', '.join(LabelSource)}.")
    return FileLabel(name, LabelSource(source), fraud, _EPOCH + timedelta(microseconds=at))
