"""Who is paid again: exploration and preferential return (domain facts, 7.4)."""

from __future__ import annotations

from typing import Final

import numpy as np

from upi_risk.adapters.simulator.arrays import Bools, Floats, Ints, positions
from upi_risk.adapters.simulator.parameters import PLACES, PURPOSES, Renewal

_RENEWAL: Final = np.array([int(purpose.renewal) for purpose in PURPOSES])


def origins(user: Ints, purpose: Ints, rng: np.random.Generator) -> Ints:
    """For each payment the row of the first one to the same receiver; its own row if the receiver is new.

    Args:
        user: rows of a user lie together, in order of time.
        purpose: people return to a receiver for the same purpose.
        rng: the dice.
    """
    new = _turns_to_new(user, purpose, rng)
    group = np.lexsort((np.arange(len(user)), purpose, user))
    key = user[group] * len(PURPOSES) + purpose[group]
    _, sizes = np.unique(key, return_counts=True)
    rank = positions(sizes)
    back = _steps_back(rank, rng)
    rows = np.arange(len(user))
    parent = np.where(new[group], rows, rows - back)
    while True:
        grandparent = parent[parent]
        if np.array_equal(grandparent, parent):
            break
        parent = grandparent
    origin = np.empty(len(user), dtype=np.int64)
    origin[group] = group[parent]
    return origin


def _steps_back(rank: Ints, rng: np.random.Generator) -> Ints:
    """How many payments of the purpose ago the receiver was paid: a recent one, or one as often as it was paid."""
    recent = rng.random(len(rank)) < PLACES.recent
    span = np.where(recent, np.minimum(rank, PLACES.recent_span), rank)
    return 1 + (rng.random(len(rank)) * span).astype(np.int64)


def _turns_to_new(user: Ints, purpose: Ints, rng: np.random.Generator) -> Bools:
    """Whether each payment goes to a new receiver: the n-th payments of all users at once, n after n."""
    _, first, sizes = np.unique(user, return_index=True, return_counts=True)
    busiest = np.argsort(-sizes, kind="stable")
    first, sizes = first[busiest], sizes[busiest]
    draw, new = rng.random(len(user)), np.zeros(len(user), dtype=bool)
    known = np.zeros(len(first))
    of_purpose = np.zeros((len(first), len(PURPOSES)))
    for number in range(int(sizes[0]) if len(sizes) else 0):
        who = np.arange(int(np.searchsorted(-sizes, -number, side="left")))
        rows = first[who] + number
        purposes = purpose[rows]
        chance = _chance(purposes, known[who], of_purpose[who, purposes])
        news = draw[rows] < chance
        new[rows] = news
        known[who] += news
        of_purpose[who, purposes] += news
    return new


def _chance(purposes: Ints, known: Floats, of_purpose: Floats) -> Floats:
    """The chance of a new receiver, from how many are known in all and for this purpose."""
    renewal = _RENEWAL[purposes]
    explore = PLACES.explore[0] * np.maximum(known, 1) ** PLACES.explore[1]
    family = PLACES.family[0] * np.maximum(of_purpose, 1) ** PLACES.family[1]
    chances = [explore, family, np.full(len(purposes), PLACES.biller)]
    chance = np.select([renewal == Renewal.EXPLORE, renewal == Renewal.FAMILY, renewal == Renewal.BILLER], chances, 1.0)
    return np.where(of_purpose == 0, 1.0, chance)
