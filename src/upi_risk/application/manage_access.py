"""Giving users roles, and services keys: what an operator does at the command line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Final

from upi_risk.domain.access import KEY_PREFIX, ApiKey, ApiKeys, Role, Roles, Scope
from upi_risk.domain.audit import Deed, Entry
from upi_risk.domain.errors import InvalidInputError, UnknownUserError
from upi_risk.domain.history import Wanted
from upi_risk.domain.payment import phone_number
from upi_risk.domain.ports import Clock, Identities, Ledger, Users
from upi_risk.domain.session import digest
from upi_risk.domain.user import User

Note = Callable[[Entry], Awaitable[object]]
"""Adds an entry to the audit log. It is called before the deed: one that was noted and failed is done again."""

_LONGEST_LABEL: Final = 100


class People:
    """Finds users as operators name them."""

    def __init__(self, users: Users, ledger: Ledger) -> None:
        self._users = users
        self._ledger = ledger

    async def find(self, name: str) -> User:
        """The user with this id or, if there is none, with this phone.

        Raises:
            UnknownUserError: there is neither.
        """
        user = (await self._ledger.load([Wanted(name)])).users[name]
        if user is None:
            try:
                user = await self._users.by_phone(phone_number(name))
            except InvalidInputError:
                raise UnknownUserError from None
        if user is None:
            raise UnknownUserError
        return user


class SetRole:
    """Makes a user an analyst or an admin, or a payer again."""

    def __init__(self, people: People, roles: Roles, clock: Clock, note: Note) -> None:
        self._people = people
        self._roles = roles
        self._clock = clock
        self._note = note

    async def __call__(self, actor: str, name: str, role: Role) -> User:
        """Give a role to the user with this id or phone; every process heeds it from the return on.

        Raises:
            UnknownUserError: there is none.
        """
        user, at = await self._people.find(name), self._clock.now()
        await self._note(Entry(at, actor, Deed.ROLE_SET, user.user_id, role.value))
        await self._roles.give(user.user_id, role, at)
        return user


class ManageKeys:
    """Keys of services."""

    def __init__(self, keys: ApiKeys, identities: Identities, clock: Clock, note: Note) -> None:
        self._keys = keys
        self._identities = identities
        self._clock = clock
        self._note = note

    async def create(self, actor: str, label: str, scopes: Iterable[Scope]) -> tuple[ApiKey, str]:
        """A new key, and its secret, which is nowhere else.

        Raises:
            InvalidInputError: the label is empty or longer than 100 characters.
        """
        if not 0 < len(label) <= _LONGEST_LABEL:
            raise InvalidInputError("label", "too_long" if label else "too_short")
        at, secret = self._clock.now(), KEY_PREFIX + self._identities.token().removeprefix("upa_")
        key_id = self._identities.user_id().replace("UID-", "KEY-", 1)
        key = ApiKey(key_id, digest(secret), label, frozenset(scopes), at)
        await self._note(Entry(at, actor, Deed.KEY_CREATED, key_id, " ".join(sorted(key.scopes))))
        await self._keys.add(key)
        return key, secret

    async def listed(self) -> list[ApiKey]:
        """Every key, without what it was made from; the oldest first."""
        return [replace(key, digest=b"") for key in await self._keys.all()]

    async def revoke(self, actor: str, key_id: str) -> bool:
        """Let a key open nothing, in any process, from the return on; False if it opened nothing before."""
        at = self._clock.now()
        if not await self._keys.revoke(key_id, at):
            return False
        await self._note(Entry(at, actor, Deed.KEY_REVOKED, key_id))
        return True
