"""Personal data that has been kept for as long as it may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeAlias


class Lapsed(StrEnum):
    """What there is to remove, in the order to do it in."""

    PERSONS = "names and phones of inactive users"
    DEVICES = "revoked keys of devices"
    NOTES = "words of reviews"
    MESSAGES = "messages nobody took"


Periods: TypeAlias = Mapping[Lapsed, timedelta]
"""How long each is kept; one that is not in it is kept for ever."""


class Retention(Protocol):
    """What lapses. Each of these calls may raise StoreUnavailableError.

    A user is inactive since their last event; a key lapses from when it was revoked, the words of a review from when
    they were written, a message from when it was given up. Payments, reports, labels, findings and the audit log are
    kept.
    """

    async def count(self, lapsed: Lapsed, before: datetime) -> int:
        """How many lapsed before an instant."""

    async def inactive(self, before: datetime, after: str, most: int) -> Sequence[str]:
        """The ids of at most so many inactive users who are somebody, in order, after an id."""

    async def remove(self, lapsed: Lapsed, before: datetime, most: int) -> int:
        """Remove at most so many that lapsed, and tell how many; not of users, who are erased one by one."""
