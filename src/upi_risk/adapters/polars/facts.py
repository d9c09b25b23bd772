"""The facts of every payment of a table, from one timeline of everything that happened.

Each fact is a running total over events in the order of time. A window is two events: what enters it adds, and takes
away again when it leaves. A payment sees what lies before it on the timeline; the order of kinds at one instant is what
makes that "strictly before" for settlements and reports, and "from the first instant of the day" for calendar days.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import polars as pl

from upi_risk.domain.features import Facts
from upi_risk.domain.indian_time import DAY_US, IST_OFFSET_US
from upi_risk.domain.track_record import MATURITY_DAYS, REACH_DAYS, RECENT_DAYS, WINDOW_DAYS


class _Kind(IntEnum):
    """What an event is, in the order in which events of one instant count."""

    MATURED = 0
    EXPIRED = 1
    FADED = 2
    FORGOTTEN = 3
    ASKED = 4
    SETTLED = 5
    REPORTED = 6


_KINDS: Final = 8
"""Room for the kind in the sort key ``instant * _KINDS + kind``."""

_NEVER: Final = 2**60
_PARTIES: Final = ("user", "receiver", "pair")
_COUNT: Final = pl.Int64


def facts_table(transactions: pl.DataFrame) -> pl.DataFrame:
    """The facts of each payment.

    Args:
        transactions: the frame of :class:`~upi_risk.adapters.polars.transactions_file.Transactions`.

    Returns:
        A row a payment in the same order; a column for each field of :class:`~upi_risk.domain.features.Facts`, Int64.
    """
    payments = _coded(transactions)
    of_parties = _running_totals(_timeline(payments))
    return payments.select(_own_facts()).hstack(of_parties).select(Facts._fields)


def _coded(transactions: pl.DataFrame) -> pl.DataFrame:
    """The payments with parties as numbers: cheaper to group by than text."""
    coded = transactions.with_columns(
        pl.col("user_id").cast(pl.Categorical).to_physical().alias("user"),
        pl.col("receiver_id").cast(pl.Categorical).to_physical().alias("receiver"),
    )
    pair = pl.col("user").cast(pl.Int64) * 2**32 + pl.col("receiver").cast(pl.Int64)
    return coded.with_columns(pair.alias("pair"))


def _own_facts() -> list[pl.Expr]:
    """The facts that need no other party's events; the payments are in order of time."""
    at = pl.col("at_us")
    asked = pl.int_range(pl.len(), dtype=_COUNT)
    earlier = pl.when(at.shift(1).eq_missing(at)).then(None).otherwise(asked).forward_fill()
    return [
        at,
        pl.col("amount_paise"),
        pl.col("login_count").cast(_COUNT),
        earlier.over("user").alias("transaction_count"),
        (at - pl.col("signed_up_us")).alias("age_us"),
    ]


def _timeline(payments: pl.DataFrame) -> pl.DataFrame:
    """Every event with its parties, in order."""
    settled = payments.filter(pl.col("settled_us").is_not_null())
    reported = payments.filter(pl.col("reported_us").is_not_null()).sort("reported_us", maintain_order=True)
    first_of_pair = pl.int_range(pl.len(), dtype=_COUNT).over("pair") == 0
    reported = reported.with_columns(first_of_pair.alias("against_receiver"))
    settled_on, reported_on = _day(pl.col("settled_us")), _day(pl.col("reported_us"))
    events = [
        _events(payments, _Kind.ASKED, pl.col("at_us")),
        _events(settled, _Kind.SETTLED, pl.col("settled_us"), pl.col("amount_paise")),
        _events(settled, _Kind.MATURED, _start(settled_on + MATURITY_DAYS + 1)),
        _events(settled, _Kind.EXPIRED, _start(settled_on + REACH_DAYS + 1)),
        _events(reported, _Kind.REPORTED, pl.col("reported_us")),
        _events(reported, _Kind.FADED, _start(reported_on + RECENT_DAYS + 1)),
        _events(reported, _Kind.FORGOTTEN, _start(reported_on + WINDOW_DAYS + 1)),
    ]
    ordered = pl.concat(events).sort("key", maintain_order=True)
    return ordered.with_columns((pl.col("key") % _KINDS).cast(pl.Int8).alias("kind"))


def _day(instant: pl.Expr) -> pl.Expr:
    """As :func:`upi_risk.domain.indian_time.indian_day`."""
    return (instant + IST_OFFSET_US) // DAY_US


def _start(day: pl.Expr) -> pl.Expr:
    """The first instant of an Indian day."""
    return day * DAY_US - IST_OFFSET_US


def _events(source: pl.DataFrame, kind: _Kind, instant: pl.Expr, paise: pl.Expr | None = None) -> pl.DataFrame:
    key = (instant * _KINDS + int(kind)).alias("key")
    paise = pl.lit(0, dtype=_COUNT) if paise is None else paise
    counts = pl.col("against_receiver") if "against_receiver" in source.columns else pl.lit(value=True)
    return source.select(*_PARTIES, key, paise.alias("paise"), counts.alias("against_receiver"))


def _running_totals(timeline: pl.DataFrame) -> pl.DataFrame:
    """What had happened before each payment, in the order of the payments."""
    kind, instant = pl.col("kind"), pl.col("key") // _KINDS
    settled = kind == _Kind.SETTLED
    settlements = settled.cast(_COUNT).cum_sum()
    matured = _step(_Kind.MATURED, _Kind.EXPIRED)
    recent = _step(_Kind.REPORTED, _Kind.FADED)
    remembered = _step(_Kind.REPORTED, _Kind.FORGOTTEN)
    once = pl.col("against_receiver")  # a payer counts against a receiver with the first report alone
    recent_of_receiver = _step(_Kind.REPORTED, _Kind.FADED, once)
    remembered_of_receiver = _step(_Kind.REPORTED, _Kind.FORGOTTEN, once)
    disputes = (kind == _Kind.REPORTED).cast(_COUNT).cum_max()
    latest = pl.when(settled).then(instant).otherwise(-_NEVER).cum_max()
    first = pl.when(settled).then(instant).otherwise(_NEVER).cum_min()
    totals = timeline.select(
        kind,
        instant.alias("now"),
        settlements.over("user").alias("settled_count"),
        pl.col("paise").cum_sum().over("user").alias("settled_paise"),
        pl.col("paise").cum_max().over("user").alias("largest_paise"),
        latest.over("user").alias("latest"),
        _good(matured, remembered, "user").alias("user_good"),
        recent.over("user").alias("user_reports"),
        settlements.over("pair").alias("pair_settled"),
        first.over("pair").alias("first"),
        disputes.over("pair").alias("pair_disputed"),
        _good(matured, remembered_of_receiver, "receiver").alias("receiver_good"),
        recent_of_receiver.over("receiver").alias("receiver_reports"),
    ).filter(kind == _Kind.ASKED)
    now, ever = pl.col("now"), pl.col("settled_count") > 0
    return totals.with_columns(
        pl.when(ever).then(now - pl.col("latest")).otherwise(-1).alias("gap_us"),
        pl.when(pl.col("pair_settled") > 0).then(now - pl.col("first")).otherwise(-1).alias("pair_age_us"),
    ).drop("kind", "now", "latest", "first")


def _step(adds: _Kind, takes: _Kind, only: pl.Expr | None = None) -> pl.Expr:
    kind = pl.col("kind")
    steps = (kind == adds).cast(_COUNT) - (kind == takes).cast(_COUNT)
    return (steps if only is None else pl.when(only).then(steps).otherwise(0)).cum_sum()


def _good(matured: pl.Expr, remembered: pl.Expr, party: str) -> pl.Expr:
    """As :meth:`upi_risk.domain.track_record.TrackRecord.good`."""
    return pl.max_horizontal(0, (matured - remembered).over(party))
