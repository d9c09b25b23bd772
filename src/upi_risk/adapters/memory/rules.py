"""Rules and lists in memory."""

from __future__ import annotations

from datetime import datetime

from upi_risk.domain.lists import Kind, ListEntry, Side
from upi_risk.domain.rule_ports import Revision, StoredBook, StoredRules


class MemoryRules:
    """See :mod:`upi_risk.domain.rule_ports`: books, lists and what follows them, over one state."""

    def __init__(self) -> None:
        self._books: list[StoredBook] = []
        self._entries: dict[tuple[Side, Kind, str], ListEntry] = {}
        self._changes = 0

    async def put(self, document: str, reason: str, author: str, at: datetime) -> int:
        """Keep a text and have it in force."""
        version = len(self._books) + 1
        self._books.append(StoredBook(version, document, reason, author, at))
        return version

    async def get(self, version: int) -> StoredBook | None:
        """The book of a version."""
        return next((book for book in self._books if book.version == version), None)

    async def history(self) -> list[StoredBook]:
        """All books, the newest first."""
        return self._books[::-1]

    async def add(self, entry: ListEntry) -> None:
        """Add an entry, after all others."""
        key = (entry.side, entry.kind, entry.subject)
        self._entries.pop(key, None)
        self._entries[key] = entry
        self._changes += 1

    async def remove(self, side: Side, kind: Kind, subject: str, author: str, at: datetime) -> bool:  # noqa: ARG002 - the port's
        """Take an entry off."""
        found = self._entries.pop((side, kind, subject), None) is not None
        self._changes += found
        return found

    async def entries(self) -> list[ListEntry]:
        """What is on the lists."""
        return list(self._entries.values())

    async def revision(self) -> Revision:
        """What is in force."""
        return Revision(len(self._books), self._changes)

    async def read(self) -> StoredRules:
        """Everything that is in force."""
        document = self._books[-1].document if self._books else None
        return StoredRules(await self.revision(), document, tuple(self._entries.values()))
