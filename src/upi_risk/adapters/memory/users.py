"""Users in memory."""

from __future__ import annotations

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.errors import PhoneTakenError
from upi_risk.domain.payment import Phone
from upi_risk.domain.user import User


class MemoryUsers:
    """See :class:`upi_risk.domain.ports.Users`."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    async def add(self, user: User) -> None:
        """Store a new user."""
        if user.phone in self._store.phones:
            raise PhoneTakenError
        self._store.phones[user.phone] = user.user_id
        self._store.users[user.user_id] = user

    async def by_phone(self, phone: Phone) -> User | None:
        """The user with this phone."""
        user_id = self._store.phones.get(phone)
        return None if user_id is None else self._store.users[user_id]
