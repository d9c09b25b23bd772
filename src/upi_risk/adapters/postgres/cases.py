"""Payments to be looked at again, in PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec
from sqlalchemy import DateTime, Row, Select, Text, Tuple, Uuid, cast, exists, func, literal, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.rows import TransactionRow, is_uuid
from upi_risk.adapters.postgres.tables import reviews, transactions
from upi_risk.domain.decision import Decision
from upi_risk.domain.review import Finding, Position, Review, made_at
from upi_risk.domain.transaction import Transaction

_APART: Final = timedelta(minutes=10)
"""A payment is checked at the instant that its id carries, or, behind others of the same user, very soon after."""


class PostgresCases:
    """See :class:`upi_risk.domain.review.Cases`.

    No index holds every transaction by its id alone, since each check would pay for it. The id says when it was made,
    and around that instant few rows are read.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, transaction_id: str) -> Transaction | None:
        """The transaction with this id."""
        if not is_uuid(transaction_id):
            return None
        try:
            statement = by_id(transaction_id)
        except OverflowError:  # it carries an instant after the year 9999, so it is none of ours
            return None
        found = await self._fetch(statement)
        return found[0] if found else None

    async def waiting(self, before: Position | None, limit: int) -> list[Transaction]:
        """Payments to be reviewed, along ``idx_transactions_cases``."""
        return await self._fetch(unreviewed(before, limit))

    async def review_of(self, user_id: str, transaction_id: str) -> Review | None:
        """What was found."""
        statement = select(reviews).where(
            reviews.c.user_id == user_id, reviews.c.transaction_id == transaction_id
        )  # fmt: skip
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                row = (await connection.execute(statement)).first()
        return None if row is None else _review(row)

    async def record(self, review: Review) -> Review:
        """Keep a finding."""
        row = {
            "user_id": review.user_id,
            "transaction_id": review.transaction_id,
            "finding": review.finding.value,
            "reviewer": review.reviewer,
            "reviewed_at": review.at,
            "note": review.note,
        }
        statement = insert(reviews).values(row).on_conflict_do_nothing().returning(reviews)
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                kept = (await connection.execute(statement)).first()
        if kept is not None:
            return _review(kept)
        return await self.review_of(review.user_id, review.transaction_id) or review

    async def _fetch(self, statement: Select[Any]) -> list[Transaction]:
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(statement)).all()
        return [msgspec.convert(row, TransactionRow, from_attributes=True).value() for row in rows]


def by_id(transaction_id: str) -> Select[Any]:
    """The statement that reads one, along ``idx_transactions_checked_at``.

    Raises:
        OverflowError: no calendar has the instant that the id carries.
    """
    at = made_at(transaction_id)
    held = transactions.c
    same = cast(held.transaction_id, Text) == transaction_id  # as text, so that nobody walks the whole primary key
    first, last = [(at + apart).replace(tzinfo=None) for apart in (-_APART, _APART)]
    return select(transactions).where(same, func.timezone(text("'UTC'"), held.checked_at).between(first, last))


def unreviewed(before: Position | None, limit: int) -> Select[Any]:
    """The statement that reads a page."""
    held = transactions.c
    done = exists().where(reviews.c.user_id == held.user_id, reviews.c.transaction_id == held.transaction_id)
    statement = select(transactions).where(held.decision != Decision.ALLOW.value, ~done)
    if before is not None:
        statement = statement.where(tuple_(held.checked_at, held.transaction_id) < _values(before))
    return statement.order_by(held.checked_at.desc(), held.transaction_id.desc()).limit(limit)


def _values(position: Position) -> Tuple:
    at, transaction_id = position
    return tuple_(literal(at, DateTime(timezone=True)), literal(transaction_id, Uuid(as_uuid=False)))


def _review(row: Row[Any]) -> Review:
    return Review(
        row.user_id, str(row.transaction_id), Finding(row.finding), row.reviewer, row.reviewed_at, row.note
    )  # fmt: skip
