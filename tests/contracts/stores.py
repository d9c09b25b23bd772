"""The stores of one house: they share one committed history."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.cryptography.vault import AesGcmVault
from upi_risk.adapters.memory import MemoryHistory, MemoryLedger, MemoryPastChecks, MemoryStore, MemoryUsers
from upi_risk.adapters.postgres.history import PostgresHistory
from upi_risk.adapters.postgres.ledger import PostgresLedger
from upi_risk.adapters.postgres.past_checks import PostgresPastChecks
from upi_risk.adapters.postgres.persons import Persons
from upi_risk.adapters.postgres.users import PostgresUsers
from upi_risk.domain.collecting import PastChecks
from upi_risk.domain.history import Change, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.person import PhoneKeys
from upi_risk.domain.ports import History, Ledger, Sessions, Users
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.session import Session, digest
from upi_risk.domain.user import Payee, User

PHONES = PhoneKeys("a key of the tests, and of nobody else")
VAULT = AesGcmVault("what the tests seal with, and nobody else")
PERSONS = Persons(PHONES, VAULT)


@dataclass(frozen=True, slots=True)
class Stores:
    """Ports under test, and short ways to what tests ask of them."""

    users: Users
    ledger: Ledger
    history: History
    past: PastChecks

    @classmethod
    def in_memory(cls) -> Stores:
        store = MemoryStore()
        return cls(MemoryUsers(store, PHONES), MemoryLedger(store), MemoryHistory(store), MemoryPastChecks(store))

    @classmethod
    def in_postgres(cls, engine: AsyncEngine) -> Stores:
        return cls(
            PostgresUsers(engine, PERSONS), PostgresLedger(engine), PostgresHistory(engine), PostgresPastChecks(engine)
        )

    async def apply(self, change: Change) -> None:
        assert await self.ledger.commit([change]) == [True]

    async def user(self, user_id: str) -> User | None:
        return (await self.ledger.load([Wanted(user_id)])).users[user_id]

    async def payee(self, user_id: str, receiver: UpiId) -> Payee:
        return (await self.ledger.load([Wanted(user_id, receiver)])).payees[user_id, receiver]

    async def receiver(self, upi_id: UpiId) -> Receiver:
        return (await self.ledger.load([Wanted("UID-NOBODY", upi_id)])).receivers[upi_id]


async def found(sessions: Sessions, token: str) -> Session | None:
    """The session of one token."""
    (session,) = await sessions.find([digest(token)])
    return session
