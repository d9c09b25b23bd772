"""Removing what is over, in bounded batches."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import NOON
from upi_risk.adapters.memory import ManualClock, MemoryLeftovers, MemoryStore
from upi_risk.application.housekeeping import KEPT, Housekeep
from upi_risk.domain.challenge import Challenge
from upi_risk.domain.housekeeping import Kind


def a_store(challenges: int) -> MemoryStore:
    held = {}
    for number in range(challenges):
        slot = f"{number}".encode()
        held[slot] = Challenge(f"upc_{number}", slot, slot, None, NOON, NOON)
    return MemoryStore(challenges=held)


@pytest.mark.parametrize(("batches", "left"), [(3, 4), (5, 0), (9, 0)])
async def test_so_many_batches_are_removed_and_the_rest_waits(batches: int, left: int) -> None:
    store, clock = a_store(10), ManualClock(NOON + KEPT + timedelta(seconds=1))
    housekeep = Housekeep(MemoryLeftovers(store), clock, batch=2, most_batches=batches)
    assert await housekeep() == {Kind.CHALLENGES: 10 - left, Kind.SIGN_INS: 0, Kind.SESSIONS: 0}
    assert len(store.challenges) == left


async def test_what_was_over_a_short_while_ago_is_kept() -> None:
    store = a_store(3)
    assert sum((await Housekeep(MemoryLeftovers(store), ManualClock(NOON + KEPT))()).values()) == 0
    assert len(store.challenges) == 3
