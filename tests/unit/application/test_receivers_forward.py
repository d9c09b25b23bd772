"""Receivers of an earlier hour serve without being read, and never wrongly, whatever the cache loses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from tests.builders import NOON, SHOP, a_user, later
from tests.doubles import AmountScorer
from tests.houses import MemoryHouse
from upi_risk.adapters.memory import ManualClock, MemoryLedger, MemorySnapshotCache
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.decide import Answer, Decide
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.domain.draft import Draft
from upi_risk.domain.feature_sets import EXTENDED_SET, FeatureSet
from upi_risk.domain.history import CacheEntry, Snapshot, Wanted
from upi_risk.domain.payment import Payment
from upi_risk.domain.policy import SANDBOX, RiskPolicy
from upi_risk.domain.receiver import ReceiverDelta
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User


class WideDecide(Decide):
    """Decides by 14 features and keeps all, as for a model that reads receivers to the hour."""

    @property
    def to_the_hour(self) -> bool:
        return True

    def __call__(
        self, payments: Sequence[Payment], snapshot: Snapshot, wider: FeatureSet | None = None
    ) -> tuple[list[Answer], dict[str, Draft]]:
        return super().__call__(payments, snapshot, wider or EXTENDED_SET)


class LossyCache(MemorySnapshotCache):
    """Loses some of what settled, and tells some of it twice."""

    def __init__(self, dice: Random, loses: float) -> None:
        super().__init__(ManualClock(NOON))  # its time stands still, as in a replay
        self._dice, self._loses = dice, loses

    async def write_users(self, entries: Sequence[CacheEntry], settled: Sequence[ReceiverDelta] = ()) -> None:
        told = [delta for delta in settled for _ in range(self._times())]
        await super().write_users(entries, told)

    def _times(self) -> int:
        drawn = self._dice.random()
        return 0 if drawn < self._loses else 2 if drawn < self._loses * 1.5 else 1


def a_process(house: MemoryHouse) -> CheckTransaction:
    assert house.ledger is not None
    assert house.cache is not None
    decide = WideDecide(AmountScorer(), RiskPolicy(forced=SANDBOX))
    return CheckTransaction(LoadSnapshot(house.ledger, house.cache), decide, house.ledger, house.cache)


async def users_of(house: MemoryHouse, count: int) -> list[User]:
    users = [a_user(at=later(days=-50)) for _ in range(count)]
    for user in users:
        await house.users.add(user)
    return users


@pytest.mark.parametrize("seed", range(12))
async def test_every_decision_is_that_of_the_ledger_whatever_two_processes_and_their_cache_do(seed: int) -> None:
    """Red where the ledger does not look whether guesses hold."""
    dice = Random(seed)  # noqa: S311 - to be repeated
    house = MemoryHouse(cache=LossyCache(dice, 0.0 if seed == 0 else 0.15))
    ledger = MemoryLedger(house.store)
    processes = [a_process(house), a_process(house)]
    users, at = await users_of(house, 4), NOON
    for _ in range(40):
        at += timedelta(minutes=dice.choice((3, 30, 61, 300, 2_000)))
        house.set_clock(at)
        paying = dice.sample(users, dice.randint(1, 3))
        payments = [
            house.payment(user, dice.choice((100, 500)), dice.choice(("shop@okbank", "kirana@okbank")))
            for user in paying
        ]
        check = dice.choice(processes)
        near = await check.near(payments)
        if dice.random() < 0.3:  # somebody is quicker, in the same hour or one that is over
            await dice.choice(processes)([house.payment(dice.choice(users), 100)])
        truth = await ledger.load([Wanted(payment.user_id, payment.receiver) for payment in payments])
        for payment, answer in zip(payments, await check(payments, near), strict=True):
            assert isinstance(answer, Transaction)
            user, payee = truth.users[payment.user_id], truth.payees[payment.user_id, payment.receiver]
            assert user is not None
            known = truth.receivers[payment.receiver]
            expected = EXTENDED_SET.vector(user, payee, known, payment.amount_paise, answer.payment.at)
            assert answer.features == expected
        for process in processes:
            await process.settle()
        if dice.random() < 0.1:
            await house.report(payments[0].user_id, payments[0].transaction_id)


async def test_a_receiver_of_an_earlier_hour_needs_no_read_and_counts_as_a_hit_once_the_ledger_agreed() -> None:
    house = MemoryHouse()
    check = a_process(house)
    (user,) = await users_of(house, 1)
    for hours in (0, 3, 30, 300):
        house.set_clock(NOON)  # the cache's time
        payment = house.payment(user)
        await check([Payment(payment.transaction_id, user.user_id, SHOP, 100, later(hours=hours))])
        await check.settle()
    stats = check._load.stats
    assert (stats.hits, stats.misses, stats.reads) == (3, 1, 1)


async def test_a_payment_that_another_release_made_without_a_word_is_read_for_and_no_hit() -> None:
    """Red where guesses count as hits before the ledger agreed."""
    house = MemoryHouse()
    check = a_process(house)
    user, other = await users_of(house, 2)

    async def pay(who: User, by: CheckTransaction, **gap: float) -> Transaction:
        payment = house.payment(who)
        (answer,) = await by([Payment(payment.transaction_id, who.user_id, SHOP, 100, later(**gap))])
        await by.settle()
        assert isinstance(answer, Transaction)
        return answer

    await pay(user, check)
    await pay(other, house.check, minutes=1)  # its model reads no hours, so it tells of none
    answer = await pay(user, check, hours=3)
    assert answer.features[EXTENDED_SET.names.index("receiver_count_24h")] == 2
    stats = check._load.stats
    assert (stats.hits, stats.misses, stats.reads) == (0, 2, 2)
