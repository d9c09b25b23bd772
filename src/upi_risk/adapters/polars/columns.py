"""Columns of a transactions file in the types we compute with; what cannot be read becomes null."""

from __future__ import annotations

from typing import Final

import polars as pl

_ZONE: Final = r"[+-]\d{2}:?\d{2}$"
_DATE_ONLY: Final = r"^\d{4}-\d{2}-\d{2}$"
_NO_SECONDS: Final = r"^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2})($|[+-])"
_FLAGS: Final = {"0": False, "1": True, "0.0": False, "1.0": True, "false": False, "true": True}
_LARGEST_FLOAT: Final = 1e15
_PART_OF_PAISA: Final = 1e-4


def text(name: str) -> pl.Expr:
    """A column as it is; empty and blank text is null."""
    return pl.when(pl.col(name).cast(pl.String).str.strip_chars() != "").then(pl.col(name))


def instant_us(name: str, schema: pl.Schema) -> pl.Expr:
    """Microseconds since 1970 UTC; a time without a zone is UTC."""
    column = pl.col(name)
    match schema[name]:
        case pl.Datetime(time_zone=None) | pl.Date():
            zoned = column.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        case pl.Datetime():
            zoned = column.dt.cast_time_unit("us")
        case pl.String():
            zoned = _parsed(column)
        case _:
            return pl.lit(None, dtype=pl.Int64)
    return zoned.dt.epoch("us")


def _parsed(column: pl.Expr) -> pl.Expr:
    """ISO 8601, with ``T`` or a blank, with or without seconds, fraction and zone."""
    iso = column.str.strip_chars().str.replace(" ", "T").str.replace(r"[zZ]$|\s+UTC$", "+00:00")
    iso = pl.when(iso.str.contains(_DATE_ONLY)).then(iso + "T00:00:00").otherwise(iso)
    iso = iso.str.replace(_NO_SECONDS, "${1}:00${2}")
    iso = pl.when(iso.str.contains(_ZONE) & iso.str.contains("T")).then(iso).otherwise(iso + "+00:00")
    return iso.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", time_zone="UTC", strict=False)


def amount_paise(name: str, schema: pl.Schema) -> pl.Expr:
    """Rupees as whole paise, to the nearest; null for NaN and infinity."""
    rupees = _rupees(name, schema)
    finite = pl.when(rupees.is_finite() & (rupees.abs() < _LARGEST_FLOAT)).then(rupees)
    paise = (finite * 100).round().cast(pl.Int64)
    return pl.when((paise == 0) & (rupees < 0)).then(-1).otherwise(paise)


def is_rounded(name: str, schema: pl.Schema) -> pl.Expr:
    """Whether rupees are no whole paise."""
    paise = _rupees(name, schema) * 100
    return ((paise - paise.round()).abs() > _PART_OF_PAISA).fill_null(value=False)


def _rupees(name: str, schema: pl.Schema) -> pl.Expr:
    rupees = pl.col(name)
    if schema[name] == pl.String:
        rupees = rupees.str.strip_chars()
    return rupees.cast(pl.Float64, strict=False)


def flag(name: str, schema: pl.Schema) -> pl.Expr:
    """0, 1, true or false as a truth value."""
    column = pl.col(name)
    if schema[name] == pl.Boolean:
        return column
    if schema[name].is_numeric():
        return pl.when(column == 0).then(pl.lit(value=False)).when(column == 1).then(pl.lit(value=True)).alias(name)
    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return words.replace_strict(list(_FLAGS), list(_FLAGS.values()), default=None, return_dtype=pl.Boolean).alias(name)


def whole_number(name: str, schema: pl.Schema) -> pl.Expr:
    """A whole number; null for anything else."""
    column = pl.col(name)
    number = (column.str.strip_chars() if schema[name] == pl.String else column).cast(pl.Float64, strict=False)
    return (
        pl.when(number.is_finite() & (number == number.floor())).then(number).cast(pl.Int64, strict=False).alias(name)
    )
