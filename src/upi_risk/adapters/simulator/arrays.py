"""Arrays, and the dice that fill them."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DAY_S: Final = 86_400.0
HOUR_S: Final = 3_600.0


class Part(IntEnum):
    """Each part has dice of its own, so that a change to one leaves the others' throws as they were."""

    PEOPLE = 1
    PLACES = 2
    TIMES = 3
    PURPOSES = 4
    RETURNS = 5
    AMOUNTS = 6
    ODDITIES = 7
    FRAUD = 8
    LABELS = 9
    NAMES = 10
    SIGN_INS = 11
    CALENDAR = 12


def dice(seed: int, part: Part) -> np.random.Generator:
    """The generator of a part."""
    return np.random.default_rng([seed, int(part)])


def pick(weights: Floats, count: int, rng: np.random.Generator) -> Ints:
    """Indexes, each as likely as its weight."""
    cumulated = np.cumsum(weights)
    picked: Ints = np.searchsorted(cumulated, rng.random(count) * cumulated[-1], side="right").astype(np.int64)
    return picked


def positions(sizes: Ints) -> Ints:
    """0, 1, … within each of several runs that lie one after another."""
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    places: Ints = np.arange(total, dtype=np.int64) - np.repeat(ends - sizes, sizes)
    return places
