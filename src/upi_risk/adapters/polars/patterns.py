"""What kind of fraud each payment is, where a file tells: to break figures down by, never a feature."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from upi_risk.adapters.polars.source import open_source
from upi_risk.domain.errors import UnusableDataError

MOST: Final = 30
"""More kinds than this are no kinds."""


def read_patterns(path: Path, column: str, rows: pl.Series) -> pl.Series:
    """The patterns of rows.

    Args:
        path: a transactions file that could be read.
        column: its name.
        rows: their numbers in the file, from 1.

    Returns:
        Text, ``none`` where the file has nothing.

    Raises:
        UnusableDataError: there is no such column, or it has more than :data:`MOST` values.
    """
    source = open_source(path)
    if column not in source.collect_schema().names():
        raise UnusableDataError(f"{path.name} has no column {column} to take fraud patterns from.")
    values = source.select(pl.col(column).cast(pl.String).fill_null("none")).collect().to_series()
    if (found := values.n_unique()) > MOST:
        raise UnusableDataError(f"{column} of {path.name} has {found:,} values; fraud patterns are at most {MOST}.")
    return values.gather(rows - 1)
