"""Challenges in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.challenge import Challenge


class MemoryChallenges:
    """See :class:`upi_risk.domain.account_ports.Challenges`."""

    def __init__(self, store: MemoryStore) -> None:
        self._held = store.challenges

    async def open(self, challenge: Challenge, instead_of: Sequence[bytes] = ()) -> None:
        """Store a challenge."""
        for slot in instead_of:
            self._held.pop(slot, None)
        self._held[challenge.slot] = challenge

    async def attempt(self, challenge_id: str, at: datetime) -> Challenge | None:
        """Count a try."""
        found = self._named(challenge_id)
        if found is None or not found.lives(at):
            return None
        tried = replace(found, tries=found.tries + 1)
        self._held[found.slot] = tried
        return tried

    async def use(self, challenge_id: str) -> bool:
        """Use a challenge up."""
        found = self._named(challenge_id)
        return found is not None and self._held.pop(found.slot) is not None

    def _named(self, challenge_id: str) -> Challenge | None:
        return next((held for held in self._held.values() if held.challenge_id == challenge_id), None)
