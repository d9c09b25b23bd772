"""What is kept in clear from earlier, or under a key that is to go, and has to be sealed anew."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Protocol


class Kept(StrEnum):
    """What is sealed, in the order to do it in."""

    USERS = "users"
    SUBSCRIPTIONS = "subscriptions"


class Step(NamedTuple):
    """What came of one batch.

    Attributes:
        sealed: how many were sealed anew.
        left: how many could not be: sealed under a key that is not known, or of a phone that somebody else has, too.
        last: where the next batch goes on; None if nothing is after it.
    """

    sealed: int
    left: int
    last: str | None


class Protection(Protocol):
    """Seals anew. Each of these calls may raise StoreUnavailableError; a step is done whole or not at all."""

    async def exposed(self, kept: Kept) -> int:
        """How many are in clear, or not under the current keys."""

    async def protect(self, kept: Kept, after: str, most: int) -> Step:
        """Seal at most so many of those, by id, whose id is after another.

        A user goes to the next version, so that copies in which the phone is in clear are not gone on from.
        """
