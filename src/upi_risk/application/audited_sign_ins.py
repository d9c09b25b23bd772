"""Sign-ins, each of which leaves a trace before it is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from upi_risk.domain.account_ports import SignIns
from upi_risk.domain.audit import Deed, Entry
from upi_risk.domain.person import Person
from upi_risk.domain.session import Session
from upi_risk.domain.sign_in import Family, Renewal, Renewed, Verdict
from upi_risk.domain.user import User


class AuditedSignIns:
    """See :class:`upi_risk.domain.account_ports.SignIns`.

    What was done in the store is written down before the caller hears of it: tokens that nobody was told are worth
    nothing, so that there is no sign-in without a record. Exchanging a refresh token is no deed of its own.
    """

    def __init__(self, store: SignIns, note: Callable[[Entry], Awaitable[object]]) -> None:
        """``store`` keeps the sign-ins, ``note`` adds an entry to the audit log."""
        self._store = store
        self._note = note

    async def begin(
        self, family: Family, access: Session, most: int, user: User | None = None, person: Person | None = None
    ) -> Sequence[bytes]:
        """Store a sign-in, and the user with it."""
        ended = await self._store.begin(family, access, most, user, person)
        deed = Deed.SIGNED_IN if user is None else Deed.SIGNED_UP
        await self._note(Entry(family.created_at, family.user_id, deed, family.user_id))
        return ended

    async def renew(self, presented: bytes, renewal: Renewal) -> Renewed:
        """Exchange a refresh token; one that comes again too late is written down."""
        renewed = await self._store.renew(presented, renewal)
        if renewed.verdict is Verdict.REUSED and renewed.family is not None:
            user_id = renewed.family.user_id
            await self._note(Entry(renewal.at, user_id, Deed.TOKEN_REUSED, user_id))
        return renewed

    async def end(self, user_id: str, family: str | None, at: datetime) -> Sequence[bytes]:
        """End sign-ins."""
        ended = await self._store.end(user_id, family, at)
        deed = Deed.SIGNED_OUT_EVERYWHERE if family is None else Deed.SIGNED_OUT
        await self._note(Entry(at, user_id, deed, user_id))
        return ended

    async def of_user(self, user_id: str, at: datetime) -> list[Family]:
        """The user's sign-ins."""
        return await self._store.of_user(user_id, at)
