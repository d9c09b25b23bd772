"""Sign-ins in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.adapters.memory.users import add_user
from upi_risk.domain.erasure import is_erased
from upi_risk.domain.errors import UnknownUserError
from upi_risk.domain.person import IN_CLEAR, Person, PhoneKeys
from upi_risk.domain.session import Session, TokenKind
from upi_risk.domain.sign_in import LONGEST_ACCESS, Family, Renewal, Renewed, Verdict
from upi_risk.domain.user import User

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MemorySignIns:
    """See :class:`upi_risk.domain.account_ports.SignIns`."""

    def __init__(self, store: MemoryStore, phones: PhoneKeys = IN_CLEAR) -> None:
        """``phones`` tells how a phone is kept."""
        self._store = store
        self._phones = phones

    async def begin(
        self, family: Family, access: Session, most: int, user: User | None = None, person: Person | None = None
    ) -> Sequence[bytes]:
        """Store a sign-in, and the user with it."""
        if user is not None:
            add_user(self._store, self._phones, user, person)
        elif (held := self._store.users.get(family.user_id)) is not None and is_erased(held):
            raise UnknownUserError
        self._store.sign_ins[family.name] = family
        self._keep(family.refresh_session(), access)
        others = [other for other in self._of(family.user_id) if other.name != family.name]
        return [
            gone for other in others[most - 1 :] for gone in self._end(other.user_id, other.name, family.created_at)
        ]

    async def renew(self, presented: bytes, renewal: Renewal) -> Renewed:
        """Exchange a refresh token."""
        session = self._store.sessions.get(presented)
        family = self._store.sign_ins.get(session.family) if session and session.kind is TokenKind.REFRESH else None
        if family is None:
            return Renewed(Verdict.OVER)
        verdict = family.judge(presented, renewal.at)
        if verdict is Verdict.REUSED:
            return Renewed(verdict, family, tuple(self._end(family.user_id, family.name, renewal.at)))
        if verdict is Verdict.LIVE:
            family = family.renewed(renewal)
            self._store.sign_ins[family.name] = family
            self._keep(family.refresh_session())
        if verdict is not Verdict.OVER:
            self._keep(family.access_session(renewal.access, renewal.at, renewal.access_until))
        return Renewed(verdict, family)

    async def end(self, user_id: str, family: str | None, at: datetime) -> Sequence[bytes]:
        """End sign-ins."""
        return self._end(user_id, family, at)

    async def of_user(self, user_id: str, at: datetime) -> list[Family]:
        """The user's sign-ins."""
        return [held for held in self._of(user_id) if held.lives(at)]

    def _of(self, user_id: str) -> list[Family]:
        mine = [held for held in self._store.sign_ins.values() if held.user_id == user_id]
        return sorted(mine, key=lambda held: (held.created_at, held.name), reverse=True)

    def _keep(self, *sessions: Session) -> None:
        self._store.sessions |= {session.token_digest: session for session in sessions}

    def _end(self, user_id: str, family: str | None, at: datetime) -> list[bytes]:
        gone = [
            held for held in self._store.sessions.values()
            if held.user_id == user_id and family in (None, held.family)
        ]  # fmt: skip
        for held in gone:
            self._keep(replace(held, expires_at=_EPOCH))
            self._store.sign_ins.pop(held.family, None)
        recent = [held for held in gone if held.kind is TokenKind.ACCESS and held.created_at > at - LONGEST_ACCESS]
        return [held.token_digest for held in recent]
