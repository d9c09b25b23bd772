"""Honest payments of the whole window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from upi_risk.adapters.simulator.arrays import DAY_S, Floats, Ints, Part, dice
from upi_risk.adapters.simulator.parameters import ODDITIES, PURPOSE, RHYTHM
from upi_risk.adapters.simulator.population import Users
from upi_risk.adapters.simulator.purposes import draw_purposes, draw_rupees, rounded
from upi_risk.adapters.simulator.receivers import Receivers
from upi_risk.adapters.simulator.returning import origins
from upi_risk.adapters.simulator.rhythm import Calendar, hours, payment_times


@dataclass(frozen=True, slots=True)
class Payments:
    """An entry a payment in each array, by user and then by time.

    Attributes:
        user: who pays.
        at: Indian seconds from the window's first midnight.
        receiver: who is paid.
        rupees: how much.
        purpose: what for.
    """

    user: Ints
    at: Floats
    receiver: Ints
    rupees: Floats
    purpose: Ints


def honest_payments(users: Users, receivers: Receivers, days: Calendar, seed: int) -> Payments:
    """What people pay when nobody deceives them."""
    user, at = payment_times(users, days, dice(seed, Part.TIMES))
    near_payday = (days.since_payday(users.payday) < RHYTHM.payday_days)[user, (at // DAY_S).astype(np.int64)]
    purpose = draw_purposes(users.personal[user], near_payday, dice(seed, Part.PURPOSES))
    returns = dice(seed, Part.RETURNS)
    origin = origins(user, purpose, returns)
    roots = np.flatnonzero(origin == np.arange(len(origin)))
    receiver = np.empty(len(user), dtype=np.int64)
    receiver[roots] = receivers.draw(purpose[roots], users.locality[user[roots]], at[roots] / DAY_S, returns)
    receiver = receiver[origin]
    rupees = draw_rupees(purpose, users.ticket[user], origin, dice(seed, Part.AMOUNTS))
    usual = Payments(user, at, receiver, rupees, purpose)
    return _by_user(usual, _collections(users, receivers, days, dice(seed, Part.ODDITIES)))


def _collections(users: Users, receivers: Receivers, days: Calendar, rng: np.random.Generator) -> Payments:
    """A teacher or neighbour collects from many at once: it looks like a mule and is none."""
    count = rng.poisson(ODDITIES.collections_per_locality_day * users.localities * days.days)
    sizes = rng.integers(*ODDITIES.payers, size=count)
    total = int(sizes.sum())
    event = np.repeat(np.arange(count), sizes)
    place = rng.integers(users.localities, size=count)
    payer = place[event] + users.localities * rng.integers(max(1, users.count // users.localities), size=total)
    by_locality = np.argsort(users.locality, kind="stable")
    starts = np.searchsorted(users.locality[by_locality], np.arange(users.localities))
    members = np.diff(np.append(starts, users.count))
    user = by_locality[starts[place[event]] + payer // users.localities % members[place[event]]]
    day = np.floor(rng.random(count) * days.days)[event] + np.floor(rng.exponential(ODDITIES.spread_days, total))
    at = day * DAY_S + hours(np.zeros(total, dtype=bool), np.zeros(total, dtype=bool), rng)
    purpose = np.full(total, PURPOSE["collection"])
    asked = draw_rupees(np.full(count, PURPOSE["collection"]), np.ones(count), np.arange(count), rng)
    rupees = rounded(asked[event], rng)
    receiver = receivers.persons(count, rng)[event]
    present = (np.floor(users.joined[user]) + 1 <= day) & (day < np.minimum(users.left[user], days.days))
    return Payments(user[present], at[present], receiver[present], rupees[present], purpose[present])


def _by_user(first: Payments, second: Payments) -> Payments:
    names = Payments.__slots__
    joined = {name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in names}
    order = np.lexsort((joined["at"], joined["user"]))
    return Payments(**{name: column[order] for name, column in joined.items()})
