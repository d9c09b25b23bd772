"""People: what they are like, where they live, when they come and go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upi_risk.adapters.simulator.arrays import Bools, Floats, Ints, pick
from upi_risk.adapters.simulator.parameters import HABITS, PLACES, SEGMENTS


@dataclass(frozen=True, slots=True)
class Users:
    """An entry a user in each array.

    Attributes:
        per_day: payments on an ordinary day.
        ticket: what amounts are multiplied with.
        personal: the share of payments that goes to persons.
        night_owl: whether half of the payments follow the nocturnal curve.
        vulnerability: how readily the user is deceived, 1 is usual.
        locality: where the user lives.
        joined: days from the window's start to sign-up; negative is before.
        left: days from the window's start to the last payment.
        payday: day of the month.
    """

    segment: Ints
    per_day: Floats
    ticket: Floats
    personal: Floats
    night_owl: Bools
    vulnerability: Floats
    locality: Ints
    joined: Floats
    left: Floats
    payday: Ints

    @property
    def count(self) -> int:
        """How many people there are."""
        return len(self.segment)

    @property
    def localities(self) -> int:
        """How many places they live in."""
        return localities_of(self.count)


def localities_of(users: int) -> int:
    """How many localities hold so many users."""
    return max(1, round(users / PLACES.per_locality))


def populate(count: int, days: int, rng: np.random.Generator) -> Users:
    """Draw a population for a window of so many days."""
    segment = pick(_of_segments("share"), count, rng)
    rate = _of_segments("per_day")[segment] * rng.lognormal(HABITS.rate_mu, HABITS.rate_sigma, count)
    ticket = _of_segments("ticket")[segment] * rng.lognormal(HABITS.ticket_mu, HABITS.ticket_sigma, count)
    personal = _of_segments("personal")[segment] + rng.normal(0, HABITS.personal_sd, count)
    before = rng.random(count) < HABITS.joined_before
    joined = np.where(before, -rng.exponential(HABITS.mean_age_days, count) - 1, rng.random(count) * (days - 1))
    paydays = np.array([day for day, _ in HABITS.paydays])
    return Users(
        segment=segment,
        per_day=np.clip(rate, *HABITS.rate_range),
        ticket=ticket,
        personal=np.clip(personal, *HABITS.personal_range),
        night_owl=rng.random(count) < _of_segments("night_owls")[segment],
        vulnerability=_of_segments("vulnerability")[segment],
        locality=rng.permutation(np.arange(count) % localities_of(count)),
        joined=joined,
        left=np.maximum(joined, 0) + rng.exponential(1 / HABITS.churn_per_day, count),
        payday=paydays[pick(np.array([share for _, share in HABITS.paydays]), count, rng)],
    )


def _of_segments(name: str) -> Floats:
    return np.array([getattr(segment, name) for segment in SEGMENTS], dtype=np.float64)
