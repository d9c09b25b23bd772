"""What kind of fraud each payment is, where a file tells: to break figures down by, never a feature."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from upi_risk.adapters.polars.columns import instant_us
from upi_risk.adapters.polars.source import open_source, unreadable
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.stream import PatternSource

MOST: Final = 30
"""More kinds than this are no kinds."""

_IDS: Final = ("user_id", "receiver_id")
_KEYS: Final = ("event_time", *_IDS)
"""Tell which payment a row of a file beside is about."""


def read_patterns(path: Path, wanted: PatternSource, payments: pl.DataFrame) -> pl.Series:
    """The patterns of payments.

    Args:
        path: a transactions file that could be read.
        wanted: where the patterns are.
        payments: of the file, with ``row``, their numbers in it from 1, ``at_us`` and the ids.

    Returns:
        Text, ``none`` where nothing is told.

    Raises:
        UnusableDataError: there is no such file or column, it has more than :data:`MOST` values, or the file beside is
            about other payments.
    """
    file, column, rows = wanted.beside or path, wanted.column, payments.get_column("row") - 1
    source = open_source(file)
    if column not in source.collect_schema().names():
        raise UnusableDataError(f"{file.name} has no column {column} to take fraud patterns from.")
    if wanted.beside is not None:
        _refuse_others(source, wanted.beside, path, payments)
    try:
        values = source.select(pl.col(column).cast(pl.String).fill_null("none")).collect().to_series()
    except pl.exceptions.PolarsError as error:
        raise unreadable(file, error) from error
    if (found := values.n_unique()) > MOST:
        raise UnusableDataError(f"{column} of {file.name} has {found:,} values; fraud patterns are at most {MOST}.")
    return values.gather(rows)


def _refuse_others(source: pl.LazyFrame, file: Path, path: Path, payments: pl.DataFrame) -> None:
    """Row by row it must be the same payment: kinds of others would be figures of nothing."""
    schema = source.collect_schema()
    missing = [name for name in _KEYS if name not in schema.names()]
    if missing:
        raise UnusableDataError(f"{file.name} has no column {', '.join(missing)} to tell the payments of {path.name}.")
    told = source.select(instant_us("event_time", schema).alias("at_us"), pl.col(_IDS).cast(pl.String)).collect()
    if told.height != payments.height:
        message = (
            f"{file.name} has {told.height:,} rows, {path.name} {payments.height:,}; they must be the same payments"
        )
        raise UnusableDataError(f"{message}, in the same order.")
    rows = payments.get_column("row") - 1
    same = [told.get_column(name).gather(rows).eq_missing(payments.get_column(name)) for name in ("at_us", *_IDS)]
    others = rows.filter(~(same[0] & same[1] & same[2]))
    if not others.is_empty():
        message = f"Row {others[0] + 1:,} of {file.name} is another payment than that of {path.name}"
        raise UnusableDataError(f"{message} ({others.len():,} such in all).")
