"""When people pay: days, hours, bursts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from upi_risk.adapters.simulator.arrays import DAY_S, HOUR_S, Bools, Floats, Ints, positions
from upi_risk.adapters.simulator.parameters import RHYTHM
from upi_risk.adapters.simulator.population import Users

_SATURDAY = 5
_DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of the window.

    Attributes:
        weekday: Monday 0 to Sunday 6.
        day_of_month: from 1.
        month_days: how many days the day's month has.
        factor: how busy the day is; 1 is usual.
    """

    weekday: Ints
    day_of_month: Ints
    month_days: Ints
    factor: Floats

    @property
    def days(self) -> int:
        """How many there are."""
        return len(self.weekday)

    def since_payday(self, paydays: Ints) -> Ints:
        """Days since the last payday, a row a user; a payday that a month lacks is its last day."""
        due = np.minimum(paydays[:, None], self.month_days[None, :])
        gone = self.day_of_month[None, :] - due
        return np.where(gone >= 0, gone, gone + self.month_days[None, :])


def calendar(start: date, days: int, rng: np.random.Generator) -> Calendar:
    """The calendar from a day on."""
    dates = [start + timedelta(days=day) for day in range(days)]
    weekday = np.array([day.weekday() for day in dates])
    day_of_month = np.array([day.day for day in dates])
    factor = np.array(RHYTHM.of_weekday)[weekday]
    factor = np.where(day_of_month <= RHYTHM.month_start_days, RHYTHM.month_start, 1.0) * factor
    festive = rng.random(days) < RHYTHM.festive_per_year / _DAYS_A_YEAR
    factor = np.where(festive, rng.uniform(*RHYTHM.festive, days), 1.0) * factor
    month_days = np.array(
        [((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day for day in dates]
    )
    return Calendar(weekday, day_of_month, month_days, factor)


def payment_times(users: Users, days: Calendar, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Who pays when, by user and then by time.

    Returns:
        The user, and Indian seconds from the window's first midnight, of each payment.
    """
    number = np.arange(days.days)
    active = (number >= np.floor(users.joined)[:, None] + 1) & (number < users.left[:, None])
    expected = users.per_day[:, None] * days.factor * active
    counts = np.minimum(rng.poisson(expected), RHYTHM.most_per_day)
    ordinary = _spread(users, days, counts, rng)
    bursts = _bursts(users, days, active & (counts < RHYTHM.most_per_day - RHYTHM.burst_sizes[1]), rng)
    user, at = (np.concatenate(pair) for pair in zip(ordinary, bursts, strict=True))
    within = at < days.days * DAY_S
    user, at = user[within], at[within]
    order = np.lexsort((at, user))
    return user[order], at[order]


def hours(weekend: Bools, nocturnal: Bools, rng: np.random.Generator) -> Floats:
    """Seconds of the day, drawn from the curves."""
    draw, at = rng.random(len(weekend)), np.empty(len(weekend))
    for curve, chosen in (
        (RHYTHM.weekday, ~weekend & ~nocturnal),
        (RHYTHM.weekend, weekend & ~nocturnal),
        (RHYTHM.nocturnal, nocturnal),
    ):
        cumulated = np.concatenate([[0.0], np.cumsum(curve)])
        at[chosen] = np.interp(draw[chosen] * cumulated[-1], cumulated, np.arange(len(curve) + 1)) * HOUR_S
    return np.minimum(at, DAY_S - 1)


def _spread(users: Users, days: Calendar, counts: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
    user, day = (index.repeat(counts.ravel()) for index in (grid.ravel() for grid in np.indices(counts.shape)))
    owl = users.night_owl[user] & (rng.random(len(user)) < RHYTHM.nocturnal_share)
    return user, day * DAY_S + hours(days.weekday[day] >= _SATURDAY, owl, rng)


def _bursts(users: Users, days: Calendar, possible: Bools, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Several payments one after another: a market, an evening out."""
    chance = RHYTHM.burst_per_day * np.minimum(1, users.per_day)[:, None]
    who, day = np.nonzero(possible & (rng.random(possible.shape) < chance))
    sizes = rng.integers(RHYTHM.burst_sizes[0], RHYTHM.burst_sizes[1] + 1, len(who))
    begin = day * DAY_S + hours(days.weekday[day] >= _SATURDAY, np.zeros(len(who), dtype=bool), rng)
    gaps = rng.exponential(RHYTHM.burst_gap_s, int(sizes.sum()))
    gaps[positions(sizes) == 0] = 0
    walked = np.cumsum(gaps)
    since = walked - np.repeat(walked[np.cumsum(sizes) - sizes], sizes)
    return np.repeat(who, sizes), np.repeat(begin, sizes) + since
