"""Where stolen money goes: known mules, aged accounts, hijacked vendors, pooled merchants, fresh accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from upi_risk.adapters.simulator.arrays import DAY_S, Floats, Ints
from upi_risk.adapters.simulator.episodes import Episodes, Stolen
from upi_risk.adapters.simulator.legit import Payments
from upi_risk.adapters.simulator.receivers import Kind, Receivers
from upi_risk.adapters.simulator.scenarios import SCENARIOS, WAYS

_CANDIDATES: Final = 8


@dataclass(slots=True)
class Accounts:
    """The accounts of fraudsters, in the order of time in which they come to be used.

    Attributes:
        receivers: everybody who can be paid honestly.
        rng: the dice.
        opened: days from the window's start at which each fresh account was opened.
        live: accounts in use, each with the second until which it works.
    """

    receivers: Receivers
    rng: np.random.Generator
    opened: list[float] = field(default_factory=list)
    live: list[tuple[int, float]] = field(default_factory=list)
    by_kind: dict[Kind, Ints] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the receivers by kind once."""
        self.by_kind = {kind: np.flatnonzero(self.receivers.kind == kind) for kind in Kind}

    def take(self, at: float, *, drifted: bool) -> int:
        """An account for an episode that begins at this second."""
        self.live = [entry for entry in self.live if entry[1] > at]
        if self.live and self.rng.random() < WAYS.reuse:
            return self.live[int(self.rng.integers(len(self.live)))][0]
        account = self._another(at, drifted=drifted)
        least, mean, most = WAYS.mule_life
        self.live.append((account, at + min(most, least + self.rng.exponential(mean)) * DAY_S))
        return account

    def _another(self, at: float, *, drifted: bool) -> int:
        aged = WAYS.aged[1] if drifted else WAYS.aged[0]
        draw = self.rng.random() * (1 - WAYS.reuse)
        for kind, share in ((Kind.PERSON, aged), (Kind.VENDOR, WAYS.hijacked), (Kind.POOLED, WAYS.pooled)):
            if draw < share:
                return self._honest(kind, at)
            draw -= share
        self.opened.append(at / DAY_S - self.rng.exponential(WAYS.fresh_age_days))
        return self.receivers.count + len(self.opened) - 1

    def _honest(self, kind: Kind, at: float) -> int:
        """An account with a life of its own, born before."""
        candidates = self.by_kind[kind][self.rng.integers(len(self.by_kind[kind]), size=_CANDIDATES)]
        born = candidates[self.receivers.born[candidates] * DAY_S < at]
        return int(born[0] if len(born) else candidates[0])


def stolen_to(
    episodes: Episodes, stolen: Stolen, honest: Payments, receivers: Receivers, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """The receiver of each fraudulent payment.

    Returns:
        The receivers, and the days at which the fresh ones among them were opened; those are numbered from the count
        of honest receivers on.
    """
    accounts = Accounts(receivers, rng)
    rotate = np.array([scenario.rotate for scenario in SCENARIOS])[episodes.scenario]
    rotates = rng.random(len(rotate)) < rotate
    knows = rng.random(len(rotate)) < WAYS.known
    current = np.full(len(rotate), -1, dtype=np.int64)
    receiver = np.empty(len(stolen.at), dtype=np.int64)
    for row in np.argsort(stolen.at, kind="stable").tolist():
        episode = int(stolen.episode[row])
        fresh_start = current[episode] < 0
        if fresh_start and knows[episode]:
            current[episode] = _payee(honest, int(episodes.victim[episode]), float(stolen.at[row]), rng)
        if current[episode] < 0 or (not fresh_start and rotates[episode] and rng.random() < WAYS.switch):
            current[episode] = accounts.take(float(stolen.at[row]), drifted=bool(episodes.drifted[episode]))
        receiver[row] = current[episode]
    return receiver, np.array(accounts.opened)


def _payee(honest: Payments, user: int, at: float, rng: np.random.Generator) -> int:
    """Somebody whom the victim has paid before, or -1."""
    first, end = np.searchsorted(honest.user, [user, user + 1]).tolist()
    paid = int(np.searchsorted(honest.at[first:end], at))
    return int(honest.receiver[first + int(rng.integers(paid))]) if paid else -1
