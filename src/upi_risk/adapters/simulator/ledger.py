"""Honest and stolen payments as one ledger, with the sign-ins and devices between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from upi_risk.adapters.simulator.arrays import DAY_S, Bools, Floats, Ints
from upi_risk.adapters.simulator.episodes import Episodes, Stolen
from upi_risk.adapters.simulator.legit import Payments
from upi_risk.adapters.simulator.parameters import HABITS
from upi_risk.adapters.simulator.population import Users
from upi_risk.adapters.simulator.scenarios import SCENARIOS

NONE: Final = -1
_MICRO: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Ledger:
    """An entry a payment in each array, by user and then by time.

    Attributes:
        user: who pays.
        at_us: Indian microseconds from the window's first midnight; no user has two alike.
        receiver: who is paid.
        rupees: how much.
        purpose: what for; -1 for a fraud.
        episode: the fraud's; -1 for an honest payment.
        scenario: the fraud's; -1 for an honest payment.
        stealth: whether a fraud is made to look like the victim.
        reported_us: when it is reported, in the window's microseconds; NaN if never.
        sign_ins: the user's before the payment, sign-up included.
        new_device: whether the payment comes from a device first seen less than a day before.
    """

    user: Ints
    at_us: Ints
    receiver: Ints
    rupees: Floats
    purpose: Ints
    episode: Ints
    scenario: Ints
    stealth: Bools
    reported_us: Floats
    sign_ins: Ints
    new_device: Bools


@dataclass(frozen=True, slots=True)
class Frauds:
    """All fraud: episodes, their payments, and who received those."""

    episodes: Episodes
    stolen: Stolen
    receiver: Ints


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the devices of payments depend on; ``begins`` marks the first payment of an episode."""

    user: Ints
    at_us: Ints
    episode: Ints
    scenario: Ints
    begins: Bools


def join(users: Users, honest: Payments, frauds: Frauds, reported: Floats, rng: np.random.Generator) -> Ledger:
    """One ledger; ``reported`` is of the honest payments first, then of the stolen ones."""
    episodes, stolen = frauds.episodes, frauds.stolen
    goods = len(honest.user)
    none = np.full(goods, NONE)
    user = np.concatenate([honest.user, episodes.victim[stolen.episode]])
    at = np.concatenate([honest.at, stolen.at])
    order = np.lexsort((at, user))
    rows = _Rows(
        user=user[order],
        at_us=_apart(user[order], np.floor(at[order] * _MICRO).astype(np.int64)),
        episode=np.concatenate([none, stolen.episode])[order],
        scenario=np.concatenate([none, episodes.scenario[stolen.episode]])[order],
        begins=(np.concatenate([none, stolen.order]) == 0)[order],
    )
    sign_ins, new_device = _devices(users, rows, rng)
    return Ledger(
        user=rows.user,
        at_us=rows.at_us,
        receiver=np.concatenate([honest.receiver, frauds.receiver])[order],
        rupees=np.concatenate([honest.rupees, stolen.rupees])[order],
        purpose=np.concatenate([honest.purpose, np.full(len(stolen.at), NONE)])[order],
        episode=rows.episode,
        scenario=rows.scenario,
        stealth=np.concatenate([np.zeros(goods, dtype=bool), episodes.stealth[stolen.episode]])[order],
        reported_us=np.floor(reported[order] * _MICRO),
        sign_ins=sign_ins,
        new_device=new_device,
    )


def _apart(user: Ints, at_us: Ints) -> Ints:
    """Two payments of a user never share an instant: the later one moves by a microsecond."""
    while (same := (np.diff(at_us) <= 0) & (np.diff(user) == 0)).any():
        later = np.flatnonzero(same) + 1
        at_us[later] = at_us[later - 1] + 1
    return at_us


def _devices(users: Users, rows: _Rows, rng: np.random.Generator) -> tuple[Ints, Bools]:
    """Sign-ins before each payment, and whether its device is new: an honest new phone, or a thief's."""
    count = len(rows.user)
    first = np.diff(rows.user, prepend=-1) != 0
    gap_days = np.where(first, 0, np.diff(rows.at_us, prepend=0)) / (_MICRO * DAY_S)
    honest = rows.scenario == NONE
    changes = honest & (rng.random(count) < -np.expm1(-HABITS.device_changes_per_day * gap_days))
    signs = np.array([*(entry.signs_in for entry in SCENARIOS), 0.0])[rows.scenario] > 0
    signed_in = (rng.random(count) < HABITS.sign_ins_per_payment) | changes | (signs & rows.begins)
    before = np.maximum(-users.joined, 0) * users.per_day * HABITS.sign_ins_per_payment
    earlier = 1 + rng.poisson(before)
    total, starts = np.cumsum(signed_in), np.flatnonzero(first)
    offset = np.repeat(total[starts] - signed_in[starts], np.diff(np.append(starts, count)))
    of_thieves = np.array([*(entry.new_device for entry in SCENARIOS), 0.0])[rows.scenario]
    luck = rng.random(int(rows.episode.max(initial=0)) + 1)[rows.episode]
    return earlier[rows.user] + total - offset, np.where(honest, _young(rows, changes, first), luck < of_thieves)


def _young(rows: _Rows, changes: Bools, first: Bools) -> Bools:
    """Whether the user's latest change of device is less than a day old."""
    number = np.arange(len(changes))
    latest = np.maximum.accumulate(np.where(changes, number, NONE))
    own = latest >= np.maximum.accumulate(np.where(first, number, 0))
    return own & (rows.at_us - rows.at_us[latest] < _MICRO * DAY_S)
