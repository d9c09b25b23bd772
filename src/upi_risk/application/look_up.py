"""Reading one's own profile and past."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from upi_risk.domain.errors import UnknownTransactionError, UnknownUserError
from upi_risk.domain.history import Wanted
from upi_risk.domain.person import Profile
from upi_risk.domain.ports import History, Ledger, Users
from upi_risk.domain.transaction import Transaction

LARGEST_PAGE: Final = 100


class LookUp:
    """What a user may see: themselves and their own transactions, never anybody else's."""

    def __init__(self, users: Users, ledger: Ledger, history: History) -> None:
        self._users = users
        self._ledger = ledger
        self._history = history

    async def profile(self, user_id: str) -> Profile:
        """The user as last committed, and who they are.

        Raises:
            UnknownUserError: there is none.
        """
        user = (await self._ledger.load([Wanted(user_id)])).users[user_id]
        if user is None:
            raise UnknownUserError
        return Profile(user, await self._users.person(user_id))

    async def transaction(self, user_id: str, transaction_id: str) -> Transaction:
        """One of the user's transactions.

        Raises:
            UnknownTransactionError: the user has none with this id, be it another's or nobody's.
        """
        found = await self._history.transaction(user_id, transaction_id)
        if found is None:
            raise UnknownTransactionError
        return found

    async def transactions(
        self, user_id: str, before: datetime | None, limit: int
    ) -> tuple[list[Transaction], datetime | None]:
        """A page of the user's transactions, newest first, and where the next page begins (None: it is the last)."""
        limit = min(limit, LARGEST_PAGE)
        page = await self._history.page(user_id, before, limit + 1)
        more = len(page) > limit
        return page[:limit], page[limit - 1].payment.at if more else None
