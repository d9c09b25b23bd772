"""Sign-ins, whose tokens are copied to Redis when they are made, and marked there as ended before that is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from upi_risk.adapters.redis.best_effort import BestEffort, Command, Guard
from upi_risk.adapters.redis.client import Client
from upi_risk.adapters.redis.sessions import ENDED, LONGEST_LIFE, copy_of, key_of
from upi_risk.domain.account_ports import SignIns
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.person import Person
from upi_risk.domain.session import Session
from upi_risk.domain.sign_in import Family, Renewal, Renewed, Verdict
from upi_risk.domain.user import User

_MARKED_FOR: Final = LONGEST_LIFE // timedelta(milliseconds=1)


class CachedSignIns:
    """See :class:`upi_risk.domain.account_ports.SignIns`.

    The store ends a sign-in first, then its tokens are marked in Redis. Without Redis the tokens are ended in the store
    but copies of them may come back with it, so the call is refused (StoreUnavailableError) and has to be made again.
    A new access token is copied once it is stored, in the same round trip, so that its first check needs no store; what
    of this fails is done by that check. An end in between leaves its mark, which no copy replaces.
    """

    def __init__(self, store: SignIns, client: Client, *, prefix: str = "upi:", guard: Guard | None = None) -> None:
        """``store`` has the truth; the prefix is that of the copies."""
        self._store = store
        self._redis = BestEffort(client, guard)
        self._prefix = prefix

    async def begin(
        self, family: Family, access: Session, most: int, user: User | None = None, person: Person | None = None
    ) -> Sequence[bytes]:
        """Store a sign-in, and the user with it."""
        return await self._mark(await self._store.begin(family, access, most, user, person), access)

    async def renew(self, presented: bytes, renewal: Renewal) -> Renewed:
        """Exchange a refresh token."""
        renewed = await self._store.renew(presented, renewal)
        access = None
        if renewed.family is not None and renewed.verdict in {Verdict.LIVE, Verdict.AGAIN}:
            access = renewed.family.access_session(renewal.access, renewal.at, renewal.access_until)
        await self._mark(renewed.ended, access)
        return renewed

    async def end(self, user_id: str, family: str | None, at: datetime) -> Sequence[bytes]:
        """End sign-ins."""
        return await self._mark(await self._store.end(user_id, family, at))

    async def of_user(self, user_id: str, at: datetime) -> list[Family]:
        """The user's sign-ins."""
        return await self._store.of_user(user_id, at)

    async def _mark(self, ended: Sequence[bytes], begun: Session | None = None) -> Sequence[bytes]:
        marks: list[Command] = [("SET", key_of(self._prefix, held), ENDED, "PX", _MARKED_FOR) for held in ended]
        copies = [] if begun is None else [copy_of(self._prefix, begun)]
        replies = await self._redis.run([*marks, *copies])
        if marks and (replies is None or any(isinstance(reply, Exception) for reply in replies[: len(marks)])):
            raise StoreUnavailableError("copies of ended tokens could not be marked")
        return ended
