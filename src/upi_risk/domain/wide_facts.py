"""The facts behind the extended features, from the state that the fold of events left."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from upi_risk.domain.facts import facts_at
from upi_risk.domain.features import Facts
from upi_risk.domain.habits import HOURS
from upi_risk.domain.indian_time import DAY_US, HOUR_US, epoch_us
from upi_risk.domain.payment import UpiId
from upi_risk.domain.receiver import Receiver, completed_hours
from upi_risk.domain.scores import Value
from upi_risk.domain.tiles import (
    DAY_TILES,
    FIVE_MINUTES_US,
    HOUR_TILES,
    MINUTE_TILES,
    WEEK_TILES,
    Flow,
    Tiles,
    flow,
    indian_tile,
    joined,
)
from upi_risk.domain.track_record import MATURITY_DAYS
from upi_risk.domain.user import Payee, User

RATE_DAYS: Final = (1, 3, 7, 14, 30)
"""The windows of a receiver's fraud rate."""


class Flows(NamedTuple):
    """Settled payments of four windows."""

    hour: Flow
    day: Flow
    week: Flow
    month: Flow


class Outcome(NamedTuple):
    """How payments to a receiver turned out, in a window of days.

    Attributes:
        reported: payments reported as fraud in the days ``[d - window, d]``, before the payment.
        matured: payments settled in the days ``[d - 7 - window, d - 7]``, which is when most of those were made.
    """

    reported: Value
    matured: Value


class WideFacts(NamedTuple):
    """What was known just before a payment; whole numbers, or columns of them.

    Windows of a payer reach from the start of a tile to the payment: an hour counts in tiles of five minutes, a day in
    hours, a week and a month in Indian days. Windows of a receiver end where the last completed hour does
    (:func:`~upi_risk.domain.receiver.completed_hours`), so that a cached copy tells the same for an hour.

    Attributes:
        near: the facts of the baseline.
        user: the payer's settled payments.
        user_count: the payer's settled payments since the habits began: all of them, but for users of an early release.
        user_paise: their sum.
        user_squares: the sum of the squares of their whole rupees.
        below: of these, payments in lower bands of amounts than this one's.
        alike: and in its own band.
        hours_away: hours of the day from this payment to each of the payer's, the shorter way, added up.
        user_reports: the payer's own reports in the days ``[d - 30, d]``.
        receiver: payments that the receiver settled, from anybody; ``unusual`` is not counted, it is 0.
        receiver_payers: payers that ever paid the receiver, as of the last completed hour.
        receiver_age: hours since the receiver's first payment as of the last completed hour, -1 if there is none.
        outcomes: for each window of :data:`RATE_DAYS`.
        reported_paise: the sum of the payments reported in the days ``[d - 30, d]``.
        first_report: days since the first of these reports, -1 if there is none.
        last_report: days since the last of them, likewise.
    """

    near: Facts
    user: Flows
    user_count: Value
    user_paise: Value
    user_squares: Value
    below: Value
    alike: Value
    hours_away: Value
    user_reports: Value
    receiver: Flows
    receiver_payers: Value
    receiver_age: Value
    outcomes: tuple[Outcome, ...]
    reported_paise: Value
    first_report: Value
    last_report: Value


def wide_facts_of(user: User, payee: Payee, receiver: Receiver, amount_paise: int, at: datetime) -> WideFacts:
    """What was known of a payment just before it; the arguments are :func:`~upi_risk.domain.facts.facts_of`'s."""
    now = epoch_us(at)
    today = indian_tile(now, DAY_US)
    below, alike = user.habits.below(amount_paise)
    side = _side_of(receiver, completed_hours(now), today)
    return WideFacts(
        near=facts_at(user, payee, receiver, amount_paise, now),
        user=_of_user(user, now, today),
        user_count=user.habits.count,
        user_paise=user.habits.paise,
        user_squares=user.habits.squares,
        below=below,
        alike=alike,
        hours_away=user.habits.hours_away(indian_tile(now, HOUR_US) % HOURS),
        user_reports=user.track.reports_since(today - DAY_TILES, today),
        receiver=side.flows,
        receiver_payers=side.payers,
        receiver_age=side.age,
        outcomes=side.outcomes,
        reported_paise=side.reported_paise,
        first_report=side.first_report,
        last_report=side.last_report,
    )


class _Side(NamedTuple):
    """What the facts of a payment say of its receiver alone; the same for everybody's payments of an hour."""

    of: Receiver
    until: tuple[int, int]
    flows: Flows
    payers: int
    age: int
    outcomes: tuple[Outcome, ...]
    reported_paise: int
    first_report: int
    last_report: int


_MOST_SIDES: Final = 2_048
_sides: Final[dict[UpiId, _Side]] = {}
"""Those made lately: a busy receiver is the same object from one payment to the next."""


def _side_of(receiver: Receiver, cut: int, today: int) -> _Side:
    held = _sides.get(receiver.upi_id)
    if held is not None and held.of is receiver and held.until == (cut, today):
        return held
    reports = receiver.track.reported_since(today - DAY_TILES, today)
    made = _sides[receiver.upi_id] = _Side(
        of=receiver,
        until=(cut, today),
        flows=_of_receiver(receiver, cut),
        payers=receiver.payers_before(cut),
        age=receiver.hours_known(cut),
        outcomes=_outcomes(receiver, today),
        reported_paise=sum(day.reported_paise for day in reports),
        first_report=today - reports[0].number if reports else -1,
        last_report=today - reports[-1].number if reports else -1,
    )
    if len(_sides) > _MOST_SIDES:
        del _sides[next(iter(_sides))]
    return made


def _of_user(user: User, now: int, today: int) -> Flows:
    habits = user.habits
    week = flow(habits.days, today - WEEK_TILES)
    return Flows(
        hour=flow(habits.minutes, indian_tile(now, FIVE_MINUTES_US) - MINUTE_TILES),
        day=flow(habits.hours, indian_tile(now, HOUR_US) - HOUR_TILES),
        week=week,
        month=week if _are_of(habits.days, today - WEEK_TILES) else flow(habits.days, today - DAY_TILES),
    )


def _are_of(tiles: Tiles, first: int) -> bool:
    """Whether none of them is before the first tile of a window."""
    return not tiles or tiles[0].number >= first


def _of_receiver(receiver: Receiver, cut: int) -> Flows:
    today = cut // HOURS
    so_far = flow(receiver.hours, today * HOURS, cut)
    return Flows(
        hour=flow(receiver.hours, cut - 1, cut),
        day=flow(receiver.hours, cut - HOUR_TILES, cut),
        week=joined(receiver.track.flow(today - WEEK_TILES, today), so_far),
        month=joined(receiver.track.flow(today - DAY_TILES, today), so_far),
    )


_NO_OUTCOMES: Final = tuple(Outcome(0, 0) for _ in RATE_DAYS)
_LONGEST: Final = max(RATE_DAYS)
_HOLDING: Final = [[window for window, days in enumerate(RATE_DAYS) if days >= back] for back in range(_LONGEST + 1)]
"""By how many days back a day is: the windows that hold it."""


def _outcomes(receiver: Receiver, today: int) -> tuple[Outcome, ...]:
    """For each window, in one pass over the days, the latest first."""
    days = receiver.track.days
    if not days or days[-1].number < today - MATURITY_DAYS - _LONGEST:
        return _NO_OUTCOMES
    reported, matured = [0] * len(RATE_DAYS), [0] * len(RATE_DAYS)
    for day in days:
        back = today - day.number
        if day.settled and 0 <= back - MATURITY_DAYS <= _LONGEST:
            for window in _HOLDING[back - MATURITY_DAYS]:
                matured[window] += day.settled
        if day.reported and 0 <= back <= _LONGEST:
            for window in _HOLDING[back]:
                reported[window] += day.reported
    return tuple(map(Outcome, reported, matured))
