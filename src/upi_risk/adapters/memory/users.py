"""Users in memory."""

from __future__ import annotations

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.errors import PhoneTakenError
from upi_risk.domain.payment import Phone
from upi_risk.domain.person import IN_CLEAR, NOBODY, Person, PhoneKeys
from upi_risk.domain.user import User


class MemoryUsers:
    """See :class:`upi_risk.domain.ports.Users`."""

    def __init__(self, store: MemoryStore, phones: PhoneKeys = IN_CLEAR) -> None:
        """``phones`` tells how a phone is kept."""
        self._store = store
        self._phones = phones

    async def add(self, user: User, person: Person | None = None) -> None:
        """Store a new user."""
        add_user(self._store, self._phones, user, person)

    async def by_phone(self, phone: Phone) -> User | None:
        """The user with this phone."""
        kept = (self._store.phones.get(each) for each in self._phones.candidates(phone))
        user_id = next((each for each in kept if each is not None), None)
        return None if user_id is None else self._store.users[user_id]

    async def person(self, user_id: str) -> Person:
        """Who a user is."""
        return self._store.persons.get(user_id, NOBODY)


def add_user(store: MemoryStore, phones: PhoneKeys, user: User, person: Person | None) -> None:
    """Store a new user.

    Raises:
        PhoneTakenError: the phone belongs to somebody.
    """
    taken = {user.phone_key, *(phones.candidates(person.phone) if person else ())}
    if not taken.isdisjoint(store.phones):
        raise PhoneTakenError
    store.phones[user.phone_key] = user.user_id
    store.users[user.user_id] = user
    if person is not None:
        store.persons[user.user_id] = person
