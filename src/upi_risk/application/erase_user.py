"""Forgetting a user who asks for it."""

from __future__ import annotations

from upi_risk.application.manage_access import Note, People
from upi_risk.domain.account_ports import SignIns
from upi_risk.domain.audit import Deed, Entry
from upi_risk.domain.erasure import Erasure
from upi_risk.domain.history import CacheEntry
from upi_risk.domain.ports import Clock, SnapshotCache
from upi_risk.domain.user import User


class EraseUser:
    """Removes name, phone, sign-ins and role. Payments stay under the user's id, which is nobody's from then on."""

    def __init__(  # noqa: PLR0913, PLR0917 - each is a port
        self, people: People, sign_ins: SignIns, erasure: Erasure, cache: SnapshotCache, clock: Clock, note: Note
    ) -> None:
        self._people = people
        self._sign_ins = sign_ins
        self._erasure = erasure
        self._cache = cache
        self._clock = clock
        self._note = note

    async def __call__(self, actor: str, name: str, why: str = "") -> User:
        """Erase the user with this id or phone; no token of theirs opens anything from the return on.

        Again changes nothing; it is noted again, and so is why it was done, if it is said.

        Raises:
            UnknownUserError: there is none.
        """
        user, at = await self._people.find(name), self._clock.now()
        await self._note(Entry(at, actor, Deed.USER_ERASED, user.user_id, why))
        await self._sign_ins.end(user.user_id, None, at)
        gone = await self._erasure.erase(user.user_id) or user
        await self._sign_ins.end(user.user_id, None, at)  # one that began in between; no other can begin from now on
        await self._cache.write_users([CacheEntry(gone, ())])
        return gone
