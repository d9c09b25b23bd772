"""Who users are, in PostgreSQL: sealed in ``persons``, or in clear in ``users`` where it is not protected yet."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import Select, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from upi_risk.adapters.postgres.rows import UserRow
from upi_risk.adapters.postgres.tables import persons, users
from upi_risk.domain.errors import PhoneTakenError
from upi_risk.domain.payment import Phone
from upi_risk.domain.person import NOBODY, Person, PhoneKeys, Vault, in_clear
from upi_risk.domain.user import User


def sealed_of(user_id: str) -> str:
    """What a person's text is sealed as."""
    return f"person {user_id}"


@dataclass(frozen=True, slots=True)
class Persons:
    """How names and phones are kept.

    Attributes:
        phones: makes what users are looked up by.
        vault: seals the rest.
    """

    phones: PhoneKeys
    vault: Vault

    async def add(self, connection: AsyncConnection, user: User, person: Person | None) -> None:
        """Store a new user, in a transaction that is the caller's.

        Raises:
            PhoneTakenError: the phone belongs to somebody, however it is kept.
        """
        row = msgspec.structs.asdict(UserRow.of(user))
        row["habits"] = msgspec.to_builtins(row["habits"])
        row["name"] = ""
        if person is not None:
            older = [each for each in self.phones.candidates(person.phone) if each != user.phone_key]
            taken = select(literal(value=True)).where(users.c.mobile.in_(older)).limit(1)
            if (await connection.execute(taken)).first() is not None:
                raise PhoneTakenError
            if in_clear(user.phone_key):
                row["name"] = person.name
        statement = insert_or(users).values(row).on_conflict_do_nothing(index_elements=["mobile"])
        added = await connection.execute(statement.returning(users.c.user_id))
        if added.first() is None:
            raise PhoneTakenError
        if person is not None and not in_clear(user.phone_key):
            sealed = self.vault.seal(person.packed(), sealed_of(user.user_id))
            await connection.execute(insert(persons).values(user_id=user.user_id, sealed=sealed))

    def read(self, user_id: str, name: str, mobile: str, sealed: str | None) -> Person:
        """The person that columns tell; see :func:`person_of`.

        Raises:
            UnreadableError: what is sealed cannot be opened.
        """
        if sealed is not None:
            return Person.unpacked(self.vault.open(sealed, sealed_of(user_id)))
        return Person(name, Phone(mobile)) if in_clear(mobile) else NOBODY


def person_of(user_id: str) -> Select[tuple[str, str, str, str | None]]:
    """The statement that reads the columns of a person."""
    both = users.outerjoin(persons, persons.c.user_id == users.c.user_id)
    columns = (users.c.user_id, users.c.name, users.c.mobile, persons.c.sealed)
    return select(*columns).select_from(both).where(users.c.user_id == user_id)
