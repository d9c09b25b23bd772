"""Rules and lists in PostgreSQL. Who changes them locks the one row of ``rules_state``: one comes after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.tables import list_entries, rule_books, rules_state
from upi_risk.domain.lists import Kind, ListEntry, Side
from upi_risk.domain.rule_ports import SHIPPED, Revision, StoredBook, StoredRules

_BOOK: Final = select(
    rule_books.c.version, rule_books.c.document, rule_books.c.reason, rule_books.c.author, rule_books.c.created_at
)
_ENTRIES: Final = (
    select(
        list_entries.c.side,
        list_entries.c.kind,
        list_entries.c.subject,
        list_entries.c.reason,
        list_entries.c.author,
        list_entries.c.added_at,
        list_entries.c.expires_at,
    )
    .where(list_entries.c.ended_revision.is_(None))
    .order_by(list_entries.c.revision)
)
_REVISION: Final = select(rules_state.c.book_version, rules_state.c.lists_revision)


class PostgresRules:
    """See :mod:`upi_risk.domain.rule_ports`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._transactions = engine.execution_options(isolation_level="READ COMMITTED")
        self._as_of_one_moment = engine.execution_options(isolation_level="REPEATABLE READ")

    async def put(self, document: str, reason: str, author: str, at: datetime) -> int:
        """Keep a text and have it in force."""
        counted = update(rules_state).values(book_version=rules_state.c.book_version + 1)
        with store_errors():
            async with self._transactions.begin() as connection:
                version: int = (await connection.execute(counted.returning(rules_state.c.book_version))).scalar_one()
                row = {"document": document, "reason": reason, "author": author, "created_at": at}
                await connection.execute(insert(rule_books).values(version=version, **row))
        return version

    async def get(self, version: int) -> StoredBook | None:
        """The book of a version."""
        with store_errors():
            async with self._engine.connect() as connection:
                row = (await connection.execute(_BOOK.where(rule_books.c.version == version))).one_or_none()
        return None if row is None else StoredBook(*row)

    async def history(self) -> list[StoredBook]:
        """All books, the newest first."""
        with store_errors():
            async with self._engine.connect() as connection:
                rows = (await connection.execute(_BOOK.order_by(rule_books.c.version.desc()))).all()
        return [StoredBook(*row) for row in rows]

    async def add(self, entry: ListEntry) -> None:
        """Add an entry."""
        with store_errors():
            async with self._transactions.begin() as connection:
                revision = await _count(connection)
                named = (entry.side, entry.kind, entry.subject)
                await _end(connection, named, (revision, entry.added_at, entry.author))
                row = {
                    "side": entry.side.value,
                    "kind": entry.kind.value,
                    "subject": entry.subject,
                    "reason": entry.reason,
                    "author": entry.author,
                    "added_at": entry.added_at,
                    "expires_at": entry.expires_at,
                }
                await connection.execute(insert(list_entries).values(revision=revision, **row))

    async def remove(self, side: Side, kind: Kind, subject: str, author: str, at: datetime) -> bool:
        """Take an entry off."""
        with store_errors():
            async with self._transactions.begin() as connection:
                revision = await _count(connection)
                found = await _end(connection, (side, kind, subject), (revision, at, author))
                if not found:
                    await connection.rollback()
        return found

    async def entries(self) -> list[ListEntry]:
        """What is on the lists."""
        with store_errors():
            async with self._engine.connect() as connection:
                return await _entries(connection)

    async def revision(self) -> Revision:
        """What is in force."""
        with store_errors():
            async with self._engine.connect() as connection:
                return Revision(*(await connection.execute(_REVISION)).one())

    async def read(self) -> StoredRules:
        """Everything that is in force, in one transaction."""
        with store_errors():
            async with self._as_of_one_moment.begin() as connection:
                revision = Revision(*(await connection.execute(_REVISION)).one())
                document = None
                if revision.book != SHIPPED:
                    book = select(rule_books.c.document).where(rule_books.c.version == revision.book)
                    document = (await connection.execute(book)).scalar_one()
                return StoredRules(revision, document, tuple(await _entries(connection)))


async def _count(connection: AsyncConnection) -> int:
    """One more change of the lists; whoever else changes anything waits."""
    counted = update(rules_state).values(lists_revision=rules_state.c.lists_revision + 1)
    revision: int = (await connection.execute(counted.returning(rules_state.c.lists_revision))).scalar_one()
    return revision


async def _end(connection: AsyncConnection, named: tuple[Side, Kind, str], ended: tuple[int, datetime, str]) -> bool:
    """End the entry in force for a side, kind and subject; returns whether there was one."""
    side, kind, subject = named
    revision, at, author = ended
    statement = (
        update(list_entries)
        .where(
            list_entries.c.side == side.value,
            list_entries.c.kind == kind.value,
            list_entries.c.subject == subject,
            list_entries.c.ended_revision.is_(None),
        )
        .values(ended_revision=revision, ended_at=at, ended_by=author)
        .returning(list_entries.c.revision)
    )
    return (await connection.execute(statement)).one_or_none() is not None


async def _entries(connection: AsyncConnection) -> list[ListEntry]:
    return [_entry(row) for row in (await connection.execute(_ENTRIES)).all()]


def _entry(row: Any) -> ListEntry:  # noqa: ANN401 - a row of the statement above
    return ListEntry(Side(row.side), Kind(row.kind), row.subject, row.reason, row.author, row.added_at, row.expires_at)
