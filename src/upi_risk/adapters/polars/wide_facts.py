"""The wide facts of every payment of a table; see :mod:`upi_risk.domain.wide_facts` for what they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from upi_risk.adapters.polars.facts import facts_table
from upi_risk.adapters.polars.ledger_index import EventOrder, Whole
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.features import Facts
from upi_risk.domain.habits import AMOUNT_EDGES, BANDS, HOURS, hour_distance
from upi_risk.domain.indian_time import DAY_US, HOUR_US, IST_OFFSET_US
from upi_risk.domain.receiver import completed_hours
from upi_risk.domain.tiles import (
    DAY_TILES,
    FIVE_MINUTES_US,
    HOUR_TILES,
    MINUTE_TILES,
    WEEK_TILES,
    Flow,
    indian_tile,
)
from upi_risk.domain.track_record import MATURITY_DAYS
from upi_risk.domain.user import is_unusual
from upi_risk.domain.wide_facts import RATE_DAYS, Flows, Outcome, WideFacts

MOST_SQUARES: Final = 2.0**53
"""Beyond it a sum is not exact in a double, so that the two executors might differ."""


def wide_facts_table(transactions: pl.DataFrame) -> WideFacts:
    """The wide facts of each payment, a column of Int64 each.

    Args:
        transactions: the frame of :class:`~upi_risk.adapters.polars.transactions_file.Transactions`.

    Raises:
        UnusableDataError: a payer's amounts are too large to be added up exactly.
    """
    near = facts_table(transactions)
    facts = Facts(*(near.get_column(name).to_numpy() for name in Facts._fields))
    events = _Events.of(transactions)
    _refuse_inexact_squares(events)
    return WideFacts(
        facts, *_in_order(_of_user, events, events.user), *_in_order(_of_receiver, events, events.receiver)
    )


def _refuse_inexact_squares(events: _Events) -> None:
    """Refuse amounts whose squares cannot be added up exactly: the fold's whole numbers have no limit, columns have."""
    rupees = (events.settled.paise // 100).astype(np.float64)
    if len(rupees) and np.bincount(events.settled.user, weights=rupees * rupees).max() >= MOST_SQUARES:
        message = "A payer's amounts are too large for the extended features: the sum of their squares passes 2**53"
        raise UnusableDataError(f"{message}; give amounts in a larger unit, or train on the baseline.")


def _in_order(gather: Callable[[_Events], tuple[Any, ...]], events: _Events, party: Whole) -> Any:  # noqa: ANN401
    """What is gathered, asked in the order of a party's payments, for which the searches stay in the processor's cache.

    The columns come back in the order of the table.
    """
    order = np.lexsort((events.at, party))
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return _taken(gather(events.asked(order)), back)


def _taken(columns: Any, rows: Whole) -> Any:  # noqa: ANN401 - a column, or named tuples of columns, nested
    if isinstance(columns, np.ndarray):
        return columns[rows]
    parts = [_taken(each, rows) for each in columns]
    return type(columns)(*parts) if hasattr(columns, "_fields") else tuple(parts)


@dataclass(frozen=True, slots=True)
class _Settled:
    """Settled payments, in the order of the file."""

    user: Whole
    receiver: Whole
    at: Whole
    paise: Whole
    fresh: Whole
    unusual: Whole

    @classmethod
    def of(cls, user: Whole, receiver: Whole, at: Whole, paise: Whole) -> _Settled:
        return cls(user, receiver, at, paise, _fresh(user, receiver, at), _unusual(user, at, paise))

    def flows(self) -> dict[str, Whole]:
        """What windows add up."""
        return {
            "count": np.ones_like(self.paise),
            "paise": self.paise,
            "squares": (self.paise // 100) ** 2,
            "fresh": self.fresh,
            "unusual": self.unusual,
        }


@dataclass(frozen=True, slots=True)
class _Events:
    """Payments asked about, settled and reported, with parties as numbers."""

    user: Whole
    receiver: Whole
    at: Whole
    paise: Whole
    settled: _Settled
    reported: tuple[Whole, Whole, Whole, Whole]

    @classmethod
    def of(cls, transactions: pl.DataFrame) -> _Events:
        user, receiver = (
            transactions.get_column(name).cast(pl.Categorical).to_physical().to_numpy().astype(np.int64)
            for name in ("user_id", "receiver_id")
        )
        at, paise = (transactions.get_column(name).to_numpy() for name in ("at_us", "amount_paise"))
        parties = (user, receiver)
        settled, reported = (_known(transactions, name, parties, paise) for name in ("settled_us", "reported_us"))
        return cls(user, receiver, at, paise, _Settled.of(*settled), reported)

    def asked(self, order: Whole) -> _Events:
        """The same events, with the payments asked about in another order."""
        columns = (self.user[order], self.receiver[order], self.at[order], self.paise[order])
        return _Events(*columns, self.settled, self.reported)


def _known(
    transactions: pl.DataFrame, name: str, parties: tuple[Whole, Whole], paise: Whole
) -> tuple[Whole, Whole, Whole, Whole]:
    """Payer, receiver, instant and amount of the payments that have an instant in a column."""
    column = transactions.get_column(name)
    there = column.is_not_null().to_numpy()
    at = column.drop_nulls().to_numpy().astype(np.int64)
    return parties[0][there], parties[1][there], at, paise[there]


def _fresh(user: Whole, receiver: Whole, at: Whole) -> Whole:
    """1 for the first payment that a pair settled."""
    order = np.lexsort((at, receiver, user))
    first = np.ones(len(at), dtype=np.int64)
    first[1:] = (np.diff(user[order]) != 0) | (np.diff(receiver[order]) != 0)
    fresh = np.empty_like(first)
    fresh[order] = first
    return fresh


def _unusual(user: Whole, at: Whole, paise: Whole) -> Whole:
    """1 for payments far above what their payer had settled until then."""
    own = EventOrder(user, at, {"count": np.ones_like(paise), "paise": paise})
    user, at, paise = user[own.order], at[own.order], paise[own.order]
    begin, place = own.begin(user), own.before(user, at)
    found = np.empty_like(paise)
    found[own.order] = is_unusual(paise, own.total("count", begin, place), own.total("paise", begin, place))
    return found


def _of_user(events: _Events) -> tuple[Any, ...]:
    user, at, settled = events.user, events.at, events.settled
    own = EventOrder(settled.user, settled.at, settled.flows())
    now, begin = own.before(user, at), own.begin(user)
    flows = Flows(
        *(
            _flow(own, own.from_tile(user, indian_tile(at, width) - back, width, IST_OFFSET_US), now)
            for width, back in (
                (FIVE_MINUTES_US, MINUTE_TILES),
                (HOUR_US, HOUR_TILES),
                (DAY_US, WEEK_TILES),
                (DAY_US, DAY_TILES),
            )
        )
    )
    below, alike = _bands(own, events, begin, now)
    today = indian_tile(at, DAY_US)
    reports = EventOrder(events.reported[0], events.reported[2], {"count": np.ones_like(events.reported[3])})
    since = reports.from_tile(user, today - DAY_TILES, DAY_US, IST_OFFSET_US)
    reported = reports.total("count", since, reports.before(user, at))
    sums = (own.total(name, begin, now) for name in ("count", "paise", "squares"))
    return flows, *sums, below, alike, _hours_away(own, events, begin, now), reported


def _flow(order: EventOrder, first: Whole, end: Whole) -> Flow:
    return Flow(*(order.total(name, first, end) for name in Flow._fields))


def _bands(own: EventOrder, events: _Events, begin: Whole, now: Whole) -> tuple[Whole, Whole]:
    """The payer's settled payments in lower bands than each payment's, and in its own."""
    asked = np.searchsorted(AMOUNT_EDGES, events.paise // 100, side="right")
    settled = np.searchsorted(AMOUNT_EDGES, events.settled.paise // 100, side="right")
    below, alike = np.zeros_like(events.paise), np.zeros_like(events.paise)
    for band in range(BANDS):
        held = own.share(settled == band, begin, now)
        below += np.where(asked > band, held, 0)
        alike += np.where(asked == band, held, 0)
    return below, alike


def _hours_away(own: EventOrder, events: _Events, begin: Whole, now: Whole) -> Whole:
    asked = indian_tile(events.at, HOUR_US) % HOURS
    settled = indian_tile(events.settled.at, HOUR_US) % HOURS
    away = np.zeros_like(events.at)
    for hour in range(HOURS):
        distance = np.array([hour_distance(hour, other) for other in range(HOURS)], dtype=np.int64)
        away += own.share(settled == hour, begin, now) * distance[asked]
    return away


def _of_receiver(
    events: _Events,
) -> tuple[Flows, Whole, Whole, tuple[Outcome, ...], Whole, Whole, Whole]:
    settled = events.settled
    taken = settled.flows() | {"squares": np.zeros_like(settled.paise), "unusual": np.zeros_like(settled.paise)}
    inflow = EventOrder(settled.receiver, settled.at, taken)
    receiver, at = events.receiver, events.at
    cut = completed_hours(at)
    end = inflow.from_tile(receiver, cut, HOUR_US, IST_OFFSET_US)
    begin = inflow.begin(receiver)
    flows = Flows(
        *(
            _flow(inflow, inflow.from_tile(receiver, tile, width, IST_OFFSET_US), end)
            for tile, width in (
                (cut - 1, HOUR_US),
                (cut - HOUR_TILES, HOUR_US),
                (cut // HOURS - WEEK_TILES, DAY_US),
                (cut // HOURS - DAY_TILES, DAY_US),
            )
        )
    )
    first_hour = indian_tile(inflow.at(begin), HOUR_US)
    age = np.where(end > begin, cut - first_hour, -1)
    return flows, inflow.total("fresh", begin, end), age, *_outcomes(events, inflow)


def _outcomes(events: _Events, inflow: EventOrder) -> tuple[tuple[Outcome, ...], Whole, Whole, Whole]:
    """What was reported, and what had matured."""
    _, against, reported_at, paise = events.reported
    receiver, today = events.receiver, indian_tile(events.at, DAY_US)
    reports = EventOrder(against, reported_at, {"count": np.ones_like(paise), "paise": paise})
    now = reports.before(receiver, events.at)

    def since(days: int) -> Whole:
        return reports.from_tile(receiver, today - days, DAY_US, IST_OFFSET_US)

    def settled_from(day: Whole) -> Whole:
        return inflow.from_tile(receiver, day, DAY_US, IST_OFFSET_US)

    matured = settled_from(today - MATURITY_DAYS + 1)
    outcomes = tuple(
        Outcome(
            reports.total("count", since(days), now),
            inflow.total("count", settled_from(today - MATURITY_DAYS - days), matured),
        )
        for days in RATE_DAYS
    )
    first = since(DAY_TILES)
    ever = now > first
    firsts, lasts = (indian_tile(reports.at(place), DAY_US) for place in (first, np.maximum(now - 1, 0)))
    return (
        outcomes,
        reports.total("paise", first, now),
        np.where(ever, today - firsts, -1),
        np.where(ever, today - lasts, -1),
    )
