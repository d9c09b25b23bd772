"""Sign-ins in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, delete, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.persons import Persons
from upi_risk.domain.erasure import ERASED
from upi_risk.domain.errors import UnknownUserError
from upi_risk.domain.person import Person
from upi_risk.domain.session import Session, TokenKind
from upi_risk.domain.sign_in import LONGEST_ACCESS, Family, Renewal, Renewed, Verdict
from upi_risk.domain.user import User

_ENDED_AT: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When an ended session expired: long ago by anybody's clock."""

RENEWED: Final = ("renewed_at", "expires_at", "refresh_digest", "previous_digest", "sealed")
"""The columns that an exchange of tokens changes."""


class PostgresSignIns:
    """See :class:`upi_risk.domain.account_ports.SignIns`. Each change is one transaction."""

    def __init__(self, engine: AsyncEngine, persons: Persons) -> None:
        """``persons`` tells how names and phones of those who sign up are kept."""
        self._persons = persons
        self._engine = engine.execution_options(isolation_level="READ COMMITTED")

    async def begin(
        self, family: Family, access: Session, most: int, user: User | None = None, person: Person | None = None
    ) -> Sequence[bytes]:
        """Store a sign-in, and the user with it."""
        with store_errors(self._engine):
            async with self._transaction() as connection:
                if user is not None:
                    await self._persons.add(connection, user, person)
                else:
                    await _hold(connection, family.user_id)
                await connection.execute(insert(tables.sign_ins).values(_row(family)))
                await _add(connection, family.refresh_session(), access)
                return await _end_beyond(connection, family, most)

    async def renew(self, presented: bytes, renewal: Renewal) -> Renewed:
        """Exchange a refresh token; its sign-in is locked meanwhile."""
        sessions, sign_ins = tables.sessions.c, tables.sign_ins.c
        named = select(sessions.family).where(
            sessions.token_digest == presented, sessions.kind == TokenKind.REFRESH.value
        )
        locked = select(tables.sign_ins).where(sign_ins.family == named.scalar_subquery()).with_for_update()
        with store_errors(self._engine):
            async with self._transaction() as connection:
                row = (await connection.execute(locked)).first()
                if row is None:
                    return Renewed(Verdict.OVER)
                return await _judged(connection, _family(row), presented, renewal)

    async def end(self, user_id: str, family: str | None, at: datetime) -> Sequence[bytes]:
        """End sign-ins."""
        with store_errors(self._engine):
            async with self._transaction() as connection:
                return await _end(connection, user_id, family, at)

    async def of_user(self, user_id: str, at: datetime) -> list[Family]:
        """The user's sign-ins."""
        with store_errors(self._engine):
            async with self._engine.connect() as connection:
                rows = (await connection.execute(_newest_first(user_id))).all()
        return [family for family in map(_family, rows) if family.lives(at)]

    def _transaction(self) -> AbstractAsyncContextManager[AsyncConnection]:
        return self._engine.begin()


async def _hold(connection: AsyncConnection, user_id: str) -> None:
    """Lock the user, as a check does: two sign-ins come one after the other, and neither after the user is erased.

    Raises:
        UnknownUserError: the user was erased.
    """
    users = tables.users.c
    mine = select(users.mobile).where(users.user_id == user_id).with_for_update(key_share=True)
    kept = (await connection.execute(mine)).scalar_one_or_none()
    if kept is not None and kept.startswith(ERASED):
        raise UnknownUserError


async def _judged(connection: AsyncConnection, family: Family, presented: bytes, renewal: Renewal) -> Renewed:
    verdict = family.judge(presented, renewal.at)
    if verdict is Verdict.OVER:
        return Renewed(verdict, family)
    if verdict is Verdict.REUSED:
        ended = await _end(connection, family.user_id, family.name, renewal.at)
        return Renewed(verdict, family, tuple(ended))
    sessions = [family.access_session(renewal.access, renewal.at, renewal.access_until)]
    if verdict is Verdict.LIVE:
        family = family.renewed(renewal)
        row = _row(family)
        changed = update(tables.sign_ins).where(tables.sign_ins.c.family == family.name)
        changed = changed.values({name: row[name] for name in RENEWED})
        await connection.execute(changed)
        sessions.append(family.refresh_session())
    await _add(connection, *sessions)
    return Renewed(verdict, family)


async def _add(connection: AsyncConnection, *sessions: Session) -> None:
    rows = [
        {
            "token_digest": session.token_digest,
            "user_id": session.user_id,
            "kind": session.kind.value,
            "family": session.family,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        }
        for session in sessions
    ]
    await connection.execute(insert(tables.sessions).values(rows))


async def _end_beyond(connection: AsyncConnection, family: Family, most: int) -> list[bytes]:
    """End the user's oldest sign-ins until there are no more than allowed, the new one among them."""
    rows = (await connection.execute(_newest_first(family.user_id))).all()
    others = [row.family for row in rows if row.family != family.name]
    gone: list[bytes] = []
    for name in others[most - 1 :]:
        gone += await _end(connection, family.user_id, name, family.created_at)
    return gone


async def _end(connection: AsyncConnection, user_id: str, family: str | None, at: datetime) -> list[bytes]:
    sign_ins, sessions = tables.sign_ins.c, tables.sessions.c
    only = literal(value=True) if family is None else sign_ins.family == family
    await connection.execute(delete(tables.sign_ins).where(sign_ins.user_id == user_id, only))
    only = literal(value=True) if family is None else sessions.family == family
    ended = update(tables.sessions).where(sessions.user_id == user_id, only).values(expires_at=_ENDED_AT)
    rows = await connection.execute(ended.returning(sessions.token_digest, sessions.kind, sessions.created_at))
    return [
        row.token_digest for row in rows if row.kind == TokenKind.ACCESS.value and row.created_at > at - LONGEST_ACCESS
    ]


def _newest_first(user_id: str) -> Any:  # noqa: ANN401 - a statement of SQLAlchemy's
    sign_ins = tables.sign_ins.c
    chosen = select(tables.sign_ins).where(sign_ins.user_id == user_id)
    return chosen.order_by(sign_ins.created_at.desc(), sign_ins.family.desc())


def _row(family: Family) -> dict[str, Any]:
    return {
        "family": family.name,
        "user_id": family.user_id,
        "created_at": family.created_at,
        "ends_at": family.ends_at,
        "renewed_at": family.renewed_at,
        "expires_at": family.expires_at,
        "refresh_digest": family.refresh,
        "previous_digest": family.previous,
        "sealed": family.sealed,
    }


def _family(row: Row[Any]) -> Family:
    return Family(
        row.family,
        row.user_id,
        row.created_at,
        row.ends_at,
        row.renewed_at,
        row.expires_at,
        row.refresh_digest,
        row.previous_digest,
        row.sealed,
    )
