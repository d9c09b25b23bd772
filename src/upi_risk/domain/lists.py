"""Allow and block lists: payers, receivers and handles that somebody has spoken for or against."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.payment import UpiId, upi_id

_LONGEST: Final = 200
_LONGEST_USER_ID: Final = 64


class Side(StrEnum):
    """What a list is for."""

    ALLOW = "allow"
    BLOCK = "block"


class Kind(StrEnum):
    """Whom an entry names; a handle is the part of a UPI id after ``@``."""

    USER = "user"
    RECEIVER = "receiver"
    HANDLE = "handle"


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One entry.

    Attributes:
        side: the list.
        kind: what the subject is.
        subject: a user's id, a UPI id or a handle, canonical.
        reason: why, for those who look after the lists; payers never see it.
        author: who says so.
        added_at: from when on it counts.
        expires_at: the instant it counts no more; None for never.
    """

    side: Side
    kind: Kind
    subject: str
    reason: str
    author: str
    added_at: datetime
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that nobody could answer for.

        Raises:
            InvalidInputError: ``reason`` or ``author`` is empty or too long, or it ends before it begins.
        """
        for name, text in (("reason", self.reason), ("author", self.author)):
            if not text.strip():
                raise InvalidInputError(name, "too_short")
            if len(text) > _LONGEST:
                raise InvalidInputError(name, "too_long")
        if self.expires_at is not None and self.expires_at <= self.added_at:
            raise InvalidInputError("expires_at", "too_small")

    def counts(self, at: datetime) -> bool:
        """Whether it counts at an instant."""
        return self.added_at <= at and (self.expires_at is None or at < self.expires_at)


def subject_of(kind: Kind, text: str) -> str:
    """A subject as it is kept and compared.

    Raises:
        InvalidInputError: ``subject`` is none of this kind.
    """
    if kind is Kind.RECEIVER:
        return upi_id(text, "subject")
    if kind is Kind.HANDLE:
        return handle_of(upi_id("any@" + text.removeprefix("@"), "subject"))
    if not (0 < len(text) <= _LONGEST_USER_ID and text.isascii() and text.isprintable()):
        raise InvalidInputError("subject", "wrong_format")
    return text


def handle_of(receiver: UpiId) -> str:
    """The part of a UPI id after ``@``."""
    return receiver.partition("@")[2]


@dataclass(frozen=True, slots=True)
class Lists:
    """All entries, ready to be asked.

    Attributes:
        entries: none twice for one list, kind and subject.
    """

    entries: tuple[ListEntry, ...] = ()
    _by: dict[tuple[Kind, str], tuple[ListEntry, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def of(cls, entries: Iterable[ListEntry]) -> Lists:
        """Lists with these entries."""
        kept = tuple(entries)
        by: dict[tuple[Kind, str], tuple[ListEntry, ...]] = {}
        for entry in kept:
            by[entry.kind, entry.subject] = (*by.get((entry.kind, entry.subject), ()), entry)
        return cls(kept, by)

    def about(self, user_id: str, receiver: UpiId, at: datetime) -> tuple[ListEntry, ...]:
        """The entries that count for a payment: of its payer, its receiver and its handle, in this order."""
        held = self._by
        if not held:
            return ()
        found = (
            *held.get((Kind.USER, user_id), ()),
            *held.get((Kind.RECEIVER, receiver), ()),
            *held.get((Kind.HANDLE, handle_of(receiver)), ()),
        )
        return tuple(entry for entry in found if entry.counts(at)) if found else ()
