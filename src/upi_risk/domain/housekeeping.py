"""What is over, and may be removed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Kind(StrEnum):
    """What there is to remove, in the order to do it in."""

    CHALLENGES = "challenges"
    SIGN_INS = "sign_ins"
    SESSIONS = "sessions"


class Leftovers(Protocol):
    """Things that are over."""

    async def remove(self, kind: Kind, before: datetime, most: int) -> int:
        """Remove at most so many that were over before an instant, and tell how many.

        A refresh token is not removed before its sign-in, so that it is still known for one when it comes again. No
        token is removed that was issued after ``before``, so that its end can be told again.

        Raises:
            StoreUnavailableError: nothing is known of what was removed.
        """
