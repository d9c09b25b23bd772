"""A batch is computed while another is being committed, from what that one decided."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.builders import NOON, OTHER_SHOP, SHOP
from tests.houses import MemoryHouse
from tests.unit.application.ledgers import GatedLedger
from upi_risk.adapters.memory import ManualClock, MemorySnapshotCache, MemoryStore
from upi_risk.application.decide import Answer
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.features import NAMES
from upi_risk.domain.history import CacheEntry, Change, Wanted
from upi_risk.domain.payment import Payment
from upi_risk.domain.receiver import ReceiverDelta
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User


class SlowCache(MemorySnapshotCache):
    """Copies of what was decided wait for the gate."""

    def __init__(self) -> None:
        super().__init__(ManualClock(NOON))
        self.gate = asyncio.Event()

    async def write_users(self, entries: Sequence[CacheEntry], settled: Sequence[ReceiverDelta] = ()) -> None:
        if any(entry.previous_version is not None for entry in entries):
            await self.gate.wait()
        await super().write_users(entries, settled)


async def a_house() -> tuple[MemoryHouse, GatedLedger, User]:
    """A house whose only user has paid one shop, over a ledger that waits from then on."""
    store = MemoryStore()
    ledger = GatedLedger(store)
    house = MemoryHouse(store=store, ledger=ledger)
    user = await house.a_user()
    ledger.tell("well")
    await house.answer(house.payment(user))
    await house.check.settle()
    return house, ledger, user


def begun(house: MemoryHouse, *payments: Payment) -> asyncio.Task[list[Answer]]:
    return asyncio.create_task(house.check(list(payments)))


async def turns(number: int = 12) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


def counts(*answers: list[Answer]) -> list[float]:
    """The payments before, as each answer saw them."""
    flat = [answer for batch in answers for answer in batch]
    assert all(isinstance(answer, Transaction) for answer in flat)
    return [answer.features[NAMES.index("transaction_count")] for answer in flat if isinstance(answer, Transaction)]


async def test_a_second_batch_sees_what_the_first_one_decided_and_is_committed_after_it() -> None:
    house, ledger, user = await a_house()
    one = begun(house, house.payment(user, receiver=OTHER_SHOP))
    await turns()
    two = begun(house, house.payment(user, receiver=OTHER_SHOP), house.payment(user))
    await turns()
    assert len(ledger.asked) == 2  # the first batch ever, and `one`: `two` waits for its turn
    ledger.tell("well", "well")
    first, second = await one, await two
    assert counts(first, second) == [1.0, 2.0, 3.0]
    (paid,) = first
    assert isinstance(paid, Transaction)
    known = NAMES.index("is_first_time")
    assert isinstance(second[0], Transaction)
    assert paid.features[known] != second[0].features[known]  # `one` has made the pair known
    assert house.store.users[user.user_id].transaction_count == 4


async def test_what_was_not_committed_is_not_built_upon() -> None:
    """Red when a change is tried whatever became of what it was computed from: a payment is counted that was not."""
    house, ledger, user = await a_house()
    one = begun(house, house.payment(user))
    await turns()
    two = begun(house, house.payment(user))
    await turns()
    ledger.tell("fail", "well")
    with pytest.raises(StoreUnavailableError):
        await one
    assert counts(await two) == [1.0]
    held = house.store.users[user.user_id]
    assert held.transaction_count == 2


async def test_what_another_process_overtook_is_decided_again_and_so_is_what_was_built_on_it() -> None:
    """Red likewise: the other process has made the very version that the second batch expects."""
    house, ledger, user = await a_house()
    one = begun(house, house.payment(user))
    await turns()
    two = begun(house, house.payment(user))
    await turns()
    ledger.tell("overtake", "well", "well")
    assert sorted(counts(await one, await two)) == [1.0, 2.0]
    held = house.store.users[user.user_id]
    assert (held.transaction_count, held.login_count) == (3, user.login_count + 1)


async def test_one_that_is_given_up_in_the_queue_lets_nobody_past_the_one_before() -> None:
    house, ledger, user = await a_house()
    tasks = [begun(house, house.payment(user)) for _ in range(3)]
    await turns(20)
    tasks[1].cancel()
    await turns()
    assert len(ledger.asked) == 2
    ledger.tell("well", "well")
    assert counts(await tasks[0], await tasks[2]) == [1.0, 2.0]
    assert house.store.users[user.user_id].transaction_count == 3


async def test_a_state_is_held_until_the_cache_has_it() -> None:
    cache, store = SlowCache(), MemoryStore()
    house = MemoryHouse(store=store, cache=cache)
    user = await house.a_user()
    cache.gate.set()
    await house.answer(house.payment(user))
    await house.check.settle()
    cache.gate.clear()
    answers = [await house.answers(house.payment(user, receiver=receiver)) for receiver in (SHOP, OTHER_SHOP, SHOP)]
    assert counts(*answers) == [1.0, 2.0, 3.0]
    cache.gate.set()
    await house.check.settle()
    assert counts(await house.answers(house.payment(user, receiver=OTHER_SHOP))) == [4.0]
    await house.check.settle()
    assert not house.check._ahead.held()


async def test_a_copy_made_while_the_next_batch_reads_is_not_missed() -> None:
    cache, store = SlowCache(), MemoryStore()
    house = MemoryHouse(store=store, cache=cache)
    user = await house.a_user()
    cache.gate.set()
    await house.answer(house.payment(user))
    await house.check.settle()
    cache.gate.clear()
    await house.answer(house.payment(user))
    held = house.check._ahead.held()
    snapshot = await cache.read([])
    snapshot.users |= (await cache.read([Wanted(user.user_id)])).users
    cache.gate.set()
    await house.check.settle()
    assert not house.check._ahead.held()
    assert user.user_id in house.check._ahead.lay_over(snapshot, held)
    assert snapshot.users[user.user_id] == store.users[user.user_id]


async def test_what_was_decided_copied_and_forgotten_while_a_batch_reads_is_not_missed() -> None:
    """Red where ``held`` is what was held when the read began, and no more: the batch is overtaken, and asked again."""
    house = MemoryHouse()
    user = await house.a_user()
    await house.answer(house.payment(user))
    await house.check.settle()
    near = await house.check.near([house.payment(user)])
    await house.answer(house.payment(user))
    await house.check.settle()
    assert near.snapshot.users != house.store.users
    assert user.user_id in house.check._ahead.lay_over(near.snapshot, near.held)
    assert near.snapshot.users == house.store.users


async def test_a_commit_that_hangs_is_left_behind_and_the_next_batch_has_its_turn() -> None:
    """Red when a commit that was given up is awaited: a driver that talks to nobody takes seconds to stop."""
    house, ledger, user = await a_house()
    commit = ledger.commit

    async def hanging(changes: Sequence[Change]) -> list[bool]:
        ledger.commit = commit  # type: ignore[method-assign]
        try:
            return await commit(changes)
        except asyncio.CancelledError:
            await asyncio.sleep(60)
            raise

    ledger.commit = hanging  # type: ignore[method-assign]
    one = begun(house, house.payment(user))
    await turns()
    two = begun(house, house.payment(user))
    await turns()
    one.cancel()
    ledger.tell("well", "well")
    async with asyncio.timeout(20):
        assert counts(await two) == [1.0]
    assert house.store.users[user.user_id].transaction_count == 2
