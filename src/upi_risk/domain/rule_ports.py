"""Where rules and lists are kept. Protocols only; each sentence is a contract."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from upi_risk.domain.lists import Kind, ListEntry, Side

SHIPPED: int = 0
"""The version of the book that comes with the product; it is in force until another is put, and never stored."""


@dataclass(frozen=True, slots=True)
class Revision:
    """What is in force: a book's version, and how often the lists were changed."""

    book: int
    lists: int

    def __str__(self) -> str:
        return f"{self.book}.{self.lists}"


@dataclass(frozen=True, slots=True)
class StoredBook:
    """A book as it was put.

    Attributes:
        version: 1 for the first.
        document: its text, as it was written.
        reason: why it was put.
        author: who put it.
        created_at: when; it has been in force from then until the next one.
    """

    version: int
    document: str
    reason: str
    author: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StoredRules:
    """Everything that is in force, as of one moment.

    Attributes:
        revision: of the rest.
        document: the book's text; None for the shipped one.
        entries: of the lists, in the order they were added, expired ones too.
    """

    revision: Revision
    document: str | None
    entries: tuple[ListEntry, ...]


class RuleBooks(Protocol):
    """Every book that ever was in force. Nothing in it is changed; to go back is to put an old text again."""

    async def put(self, document: str, reason: str, author: str, at: datetime) -> int:
        """Keep a text and have it in force; durable on return. Returns its version, one above the last.

        Raises:
            StoreUnavailableError: nothing is known of what was stored.
        """

    async def get(self, version: int) -> StoredBook | None:
        """The book of a version; None if there is none."""

    async def history(self) -> list[StoredBook]:
        """All books, the newest first."""


class RuleLists(Protocol):
    """The allow and the block list. What is taken off stays on record."""

    async def add(self, entry: ListEntry) -> None:
        """Add an entry, in the place of one for the same side, kind and subject; durable on return.

        Raises:
            StoreUnavailableError: nothing is known of what was stored.
        """

    async def remove(self, side: Side, kind: Kind, subject: str, author: str, at: datetime) -> bool:
        """Take an entry off; durable on return. Returns whether there was one.

        Raises:
            StoreUnavailableError: nothing is known of what was stored.
        """

    async def entries(self) -> list[ListEntry]:
        """What is on the lists, in the order added, expired entries too."""


class RuleSource(Protocol):
    """What serving processes follow."""

    async def revision(self) -> Revision:
        """What is in force; another one after every change, and the same one as long as nothing changes."""

    async def read(self) -> StoredRules:
        """Everything that is in force, as of one moment."""
