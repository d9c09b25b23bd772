"""The past is read from the replica, and from the primary where the replica is away or behind."""

from __future__ import annotations

from datetime import datetime

from tests.houses import MemoryHouse
from upi_risk.adapters.memory import MemoryStore
from upi_risk.adapters.memory.history import MemoryHistory
from upi_risk.application.read_from_replica import ReadFromReplica
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.transaction import Transaction


class AwayHistory(MemoryHistory):
    """A replica that does not answer."""

    async def transaction(self, user_id: str, transaction_id: str) -> Transaction | None:
        raise StoreUnavailableError

    async def page(self, user_id: str, before: datetime | None, limit: int) -> list[Transaction]:
        raise StoreUnavailableError


async def paid() -> tuple[MemoryHouse, Transaction]:
    house = MemoryHouse()
    user, _ = await house.sign_up("Asha", "9876543210")
    return house, await house.answer(house.payment(user))


async def test_a_replica_that_is_up_to_date_is_all_that_is_asked() -> None:
    house, transaction = await paid()
    history = ReadFromReplica(house.history, AwayHistory(MemoryStore()))
    user_id, name = transaction.payment.user_id, transaction.payment.transaction_id
    assert await history.transaction(user_id, name) == transaction
    assert await history.page(user_id, None, 10) == [transaction]
    assert history.elsewhere == 0


async def test_what_a_replica_does_not_have_yet_is_found_in_the_primary() -> None:
    house, transaction = await paid()
    history = ReadFromReplica(MemoryHistory(MemoryStore()), house.history)
    user_id, name = transaction.payment.user_id, transaction.payment.transaction_id
    assert await history.transaction(user_id, name) == transaction
    assert await history.transaction("UID-0", name) is None
    assert await history.page(user_id, None, 10) == []  # a page is as old as the replica
    assert history.elsewhere == 0


async def test_where_the_replica_is_away_the_primary_answers() -> None:
    house, transaction = await paid()
    history = ReadFromReplica(AwayHistory(MemoryStore()), house.history)
    user_id, name = transaction.payment.user_id, transaction.payment.transaction_id
    assert await history.transaction(user_id, name) == transaction
    assert await history.page(user_id, None, 10) == [transaction]
    assert history.elsewhere == 2
