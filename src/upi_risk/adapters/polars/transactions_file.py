"""Reading a transactions file: one meaning whatever the format, or one sentence that names the row."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl

from upi_risk.adapters.polars.columns import amount_paise, flag, instant_us, is_rounded, text, whole_number
from upi_risk.adapters.polars.row_rules import EARLIER, row_rules
from upi_risk.adapters.polars.rows import refuse_broken_rows
from upi_risk.adapters.polars.source import open_source, renamed, shown, unreadable
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.payment import MAX_AMOUNT_PAISE
from upi_risk.domain.stream import FileForm
from upi_risk.domain.training import ROWS_READ

REQUIRED: Final = ("event_time", "user_id", "receiver_id", "amount", "is_fraud")
OPTIONAL: Final = ("settled_at", "reported_at", "signed_up_at", "login_count")

DEFAULT_LABEL_DELAY: Final = timedelta(days=7)
PLAIN: Final = FileForm()
"""Our own names, any instant, any order."""

_LARGEST_EXACT: Final = 2**53
_FILE_ROW: Final = "row of the file"
"""Not "row", which a file may have."""

_IDENTITY: Final = ("at_us", "user_id", "receiver_id", "amount_paise")


@dataclass(frozen=True, slots=True)
class Transactions:
    """Payments and what became of them, in order of time.

    Attributes:
        frame: a row a payment, sorted by ``at_us`` (rows of one instant in the file's order), with the columns ``row``
            (its number in the file, from 1), ``at_us``, ``user_id``, ``receiver_id``, ``amount_paise``, ``is_fraud``,
            ``settled_us`` (null: never happened), ``reported_us`` (null: never reported), ``signed_up_us``,
            ``login_count``; instants are microseconds since 1970 UTC.
        notes: what the reader should know of how the file was taken, a sentence each.
        cleaning: how many rows each stated rule concerned.
    """

    frame: pl.DataFrame
    notes: tuple[str, ...] = ()
    cleaning: dict[str, int] = field(default_factory=dict)


def read_transactions(path: Path, label_delay: timedelta = DEFAULT_LABEL_DELAY, form: FileForm = PLAIN) -> Transactions:
    """Read a Parquet or CSV file of payments, or a folder of Parquet files.

    Args:
        path: ends in ``.parquet`` or ``.csv``, or is a folder, whose rows are numbered through; columns beyond the
            known ones are ignored.
        label_delay: how long after its payment a fraud is reported, where the file has no ``reported_at``.
        form: the file's own names, the present, and whether it must be in order.

    Raises:
        UnusableDataError: the file cannot be read, or a row is not a payment; names the first such row.
    """
    whole = open_source(path)
    source = renamed(whole, form.columns, (*REQUIRED, *OPTIONAL), path.name)
    names = source.collect_schema().names()
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise UnusableDataError(
            f"{path.name} has no column {', '.join(missing)}; it needs {', '.join(REQUIRED)}, and has {shown(names)}. "
            f"Say which is which: --columns {missing[0]}=NAME,..."
        )
    known = [*REQUIRED, *(name for name in OPTIONAL if name in names)]
    try:
        raw = source.select(known).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, error) from error
    if raw.is_empty():
        raise UnusableDataError(f"{path.name} holds no payments.")
    return transactions_of(raw, path.name, label_delay, whole, form)


def transactions_of(
    raw: pl.DataFrame,
    name: str,
    label_delay: timedelta = DEFAULT_LABEL_DELAY,
    whole: pl.LazyFrame | None = None,
    form: FileForm = PLAIN,
) -> Transactions:
    """The payments of a table that has the file's columns.

    Args:
        raw: the known columns, as found.
        name: what to call the table in a sentence.
        label_delay: as for :func:`read_transactions`.
        whole: the table with all its columns, to tell twins from payments that merely look alike.
        form: as for :func:`read_transactions`; its columns are renamed already.

    Raises:
        UnusableDataError: a row is not a payment.
    """
    raw = raw.with_columns(pl.col("user_id", "receiver_id").cast(pl.String))
    typed = raw.select(_typed(raw.schema)).with_row_index("row", offset=1)
    refuse_broken_rows(typed, row_rules(raw.columns, form), name, dict(form.columns))
    cleaning = _counted(typed)
    if cleaning["rows_out_of_order"]:
        typed = typed.sort("at_us", maintain_order=True)
    frame = typed.select(_complete(raw.columns, label_delay))
    cleaning["lookalikes_kept"] = _lookalikes(frame, whole if whole is not None else raw.lazy(), name)
    _refuse_inexact_sums(frame, name)
    return Transactions(frame, _notes(cleaning, name), cleaning)


def _counted(typed: pl.DataFrame) -> dict[str, int]:
    """How many rows each rule concerns that changes or keeps rather than refuses."""
    paise = pl.col("amount_paise")
    counts: dict[str, int] = typed.select(
        pl.len().alias(ROWS_READ),
        EARLIER.sum().alias("rows_out_of_order"),
        (paise == 0).sum().alias("zero_amounts_kept"),
        pl.col("rounded").sum().alias("amounts_rounded"),
        (paise > MAX_AMOUNT_PAISE).sum().alias("amounts_above_limit_kept"),
    ).row(0, named=True)
    return counts


_NOTES: Final = {
    "rows_out_of_order": "{rows} rows of {name} were not in order of event_time; it was sorted, rows of one instant "
    "kept as they came.",
    "zero_amounts_kept": "{rows} payments of {name} have an amount of 0; they were kept.",
    "amounts_rounded": "{rows} amounts of {name} were rounded to the nearest paisa.",
    "amounts_above_limit_kept": "{rows} amounts of {name} are above 1,000,000 rupees, which no UPI payment is; they "
    "were kept.",
    "lookalikes_kept": "{rows} payments of {name} are like another in time, user, receiver and amount, but have ids "
    "of their own; they were kept.",
}


def _notes(cleaning: dict[str, int], name: str) -> tuple[str, ...]:
    told = [(says, cleaning[key]) for key, says in _NOTES.items()]
    return tuple(says.format(rows=f"{rows:,}", name=name) for says, rows in told if rows)


def _typed(schema: pl.Schema) -> list[pl.Expr]:
    """The columns in their types; what cannot be read as such is null."""
    columns = [
        instant_us("event_time", schema).alias("at_us"),
        text("user_id"),
        text("receiver_id"),
        amount_paise("amount", schema).alias("amount_paise"),
        is_rounded("amount", schema).alias("rounded"),
        flag("is_fraud", schema),
    ]
    for name, short in (("settled_at", "settled_us"), ("reported_at", "reported_us"), ("signed_up_at", "signed_up_us")):
        if name in schema:
            columns += [instant_us(name, schema).alias(short), text(name).is_not_null().alias(f"has_{name}")]
    if "login_count" in schema:
        columns.append(whole_number("login_count", schema))
    return columns


def _complete(present: list[str], label_delay: timedelta) -> list[pl.Expr]:
    """The columns of :class:`Transactions`, absent ones filled by their rule."""
    at = pl.col("at_us")
    delay_us = label_delay // timedelta(microseconds=1)
    assumed = {
        "settled_at": at.alias("settled_us"),
        "reported_at": pl.when("is_fraud").then(at + delay_us).alias("reported_us"),
        "signed_up_at": (at.min().over("user_id") - 1).alias("signed_up_us"),
        "login_count": pl.lit(1, dtype=pl.Int64).alias("login_count"),
    }
    given = {"settled_at": "settled_us", "reported_at": "reported_us", "signed_up_at": "signed_up_us"}
    optional = [pl.col(given.get(name, name)) if name in present else expr for name, expr in assumed.items()]
    return [pl.col("row", "at_us", "user_id", "receiver_id", "amount_paise", "is_fraud"), *optional]


def _lookalikes(frame: pl.DataFrame, whole: pl.LazyFrame, name: str) -> int:
    """Refuse rows that equal another in every column the file has; returns how many are alike in what we know alone."""
    alike = frame.filter(pl.struct(_IDENTITY).is_duplicated()).get_column("row")
    if alike.is_empty():
        return 0
    rows = whole.with_row_index(_FILE_ROW, offset=1).filter(pl.col(_FILE_ROW).is_in(alike.implode())).collect()
    columns = [column for column in rows.columns if column != _FILE_ROW]
    twins = rows.filter(pl.struct(columns).is_duplicated())
    if twins.is_empty():
        return alike.len()
    later = twins.filter(~pl.struct(columns).is_first_distinct()).get_column(_FILE_ROW)
    raise UnusableDataError(
        f"Row {later[0]:,} of {name} repeats an earlier row in every column ({later.len():,} such in all); "
        "leave repeated rows out, or add a column that tells them apart."
    )


def _refuse_inexact_sums(frame: pl.DataFrame, name: str) -> None:
    largest = frame.group_by("user_id").agg(pl.col("amount_paise").sum()).get_column("amount_paise").max()
    if isinstance(largest, int) and largest >= _LARGEST_EXACT:
        raise UnusableDataError(
            f"One user of {name} paid more than 90 million million rupees in all; check the unit of amount."
        )
