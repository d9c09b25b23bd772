"""The main job over memory: what is answered, what is remembered, and what happens when others interfere."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from tests.builders import NOON, OTHER_SHOP, SHOP, later
from tests.houses import MemoryHouse
from tests.unit.application.ledgers import CountingLedger, OvertakenLedger
from upi_risk.adapters.memory import MemoryStore
from upi_risk.application.check_transaction import MOST_ATTEMPTS
from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import (
    ContendedError,
    IdempotencyKeyReusedError,
    StoreUnavailableError,
    UnknownUserError,
)
from upi_risk.domain.facts import facts_of
from upi_risk.domain.features import NAMES, vector
from upi_risk.domain.indian_time import MICROSECOND
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.transaction import Status, Transaction
from upi_risk.domain.user import Payee


async def test_the_answer_is_in_the_history_with_what_it_was_computed_from() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    answer = await house.answer(house.payment(user, rupees=3_500))
    stored = await house.history.transaction(user.user_id, answer.payment.transaction_id)
    assert stored == answer
    assert (answer.assessment.decision, answer.status) == (Decision.VERIFY, Status.PENDING)
    facts = facts_of(user, Payee(user.user_id, SHOP), Receiver(SHOP), 3_500_00, answer.payment.at)
    assert answer.features == vector(facts)


async def test_a_user_s_payments_in_one_batch_are_decided_one_after_the_other() -> None:
    house = MemoryHouse()
    user, other = await house.a_user(), await house.a_user()
    answers = await house.answers(
        house.payment(user), house.payment(other), house.payment(user), house.payment(user, rupees=9_000)
    )
    counts = [
        answer.features[NAMES.index("transaction_count")] for answer in answers if isinstance(answer, Transaction)
    ]
    assert counts == [0.0, 0.0, 1.0, 2.0]
    instants = [answer.payment.at for answer in answers if isinstance(answer, Transaction)]
    assert instants == [NOON + MICROSECOND, NOON + MICROSECOND, NOON + 2 * MICROSECOND, NOON + 3 * MICROSECOND]
    assert house.scorer.batches == [4]
    stored = house.store.users[user.user_id]
    assert (stored.transaction_count, stored.settled_count) == (3, 2)


async def test_payers_in_any_order_get_the_same_answers() -> None:
    """Red when the scores of a batch are given out in another order than its payments have."""
    told = set()
    for order in permutations(range(4)):
        house = MemoryHouse()
        users = [await house.a_user(user_id=f"UID-{number}", phone_key=f"+91987654321{number}") for number in range(4)]
        asked = [house.payment(users[number], rupees=1 + 2_500 * number) for number in order]
        answers = [*await house.answers(*asked[:3]), await house.answer(asked[3])]
        by_user = {each.payment.user_id: each for each in answers if isinstance(each, Transaction)}
        told.add(tuple((user.user_id, by_user[user.user_id].assessment.score) for user in users))
    assert len(told) == 1


async def test_a_second_check_needs_no_read_of_the_ledger() -> None:
    house = MemoryHouse(ledger=(ledger := CountingLedger(store := MemoryStore())), store=store)
    user = await house.a_user()
    await house.answer(house.payment(user))
    assert (ledger.loads, house.load.stats.hits, house.load.stats.misses) == (1, 0, 1)
    await house.answer(house.payment(user))
    assert (ledger.loads, house.load.stats.hits, house.load.stats.misses) == (1, 1, 1)


async def test_losing_the_cache_changes_no_answer() -> None:
    with_cache, without = MemoryHouse(), MemoryHouse()
    for house in (with_cache, without):
        user = await house.a_user(user_id="UID-1", phone_key="+919876543210")
        for number in range(6):
            house.set_clock(later(minutes=number))
            await house.answer(house.payment(user, rupees=100 * (number + 1), receiver=(SHOP, OTHER_SHOP)[number % 2]))
            if house is without:
                house.cache.clear()  # type: ignore[union-attr]
    assert with_cache.store.transactions == without.store.transactions


async def test_what_another_process_overtook_is_decided_again_on_the_new_history() -> None:
    house = MemoryHouse(ledger=OvertakenLedger(store := MemoryStore(), times=2), store=store)
    user = await house.a_user()
    answer = await house.answer(house.payment(user))
    assert answer.features[NAMES.index("login_count")] == 3.0
    assert house.store.users[user.user_id].transaction_count == 1
    assert len(house.store.transactions[user.user_id]) == 1


async def test_a_history_that_never_stops_moving_ends_in_a_refusal_and_saves_nothing() -> None:
    house = MemoryHouse(ledger=OvertakenLedger(store := MemoryStore(), times=MOST_ATTEMPTS), store=store)
    user = await house.a_user()
    (answer,) = await house.answers(house.payment(user))
    assert isinstance(answer, ContendedError)
    assert user.user_id not in house.store.transactions


async def test_others_in_the_batch_are_answered_although_one_is_unknown() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    unknown, known = await house.answers(house.payment("UID-NOBODY"), house.payment(user))
    assert isinstance(unknown, UnknownUserError)
    assert isinstance(known, Transaction)


async def test_without_the_ledger_nothing_is_answered() -> None:
    ledger = CountingLedger(store := MemoryStore())
    house = MemoryHouse(ledger=ledger, store=store)
    user = await house.a_user()
    ledger.down = True
    with pytest.raises(StoreUnavailableError):
        await house.answers(house.payment(user))


async def test_a_retry_gets_the_stored_answer_and_counts_once() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    first = await house.answer(house.payment(user, key="k"))
    house.set_clock(later(hours=1))
    again = await house.answer(house.payment(user, key="k"))
    assert again == first
    assert house.store.users[user.user_id].transaction_count == 1


async def test_equal_keys_in_one_batch_are_one_payment_and_another_body_is_refused() -> None:
    house = MemoryHouse()
    user, other = await house.a_user(), await house.a_user()
    first, second, changed, foreign = await house.answers(
        house.payment(user, key="k"),
        house.payment(user, key="k"),
        house.payment(user, rupees=501, key="k"),
        house.payment(other, key="k"),
    )
    assert second is first
    assert isinstance(changed, IdempotencyKeyReusedError)
    assert isinstance(foreign, Transaction)
    assert house.store.users[user.user_id].transaction_count == 1


async def test_an_empty_batch_has_no_answers() -> None:
    assert await MemoryHouse().answers() == []


async def test_a_clock_that_runs_backwards_still_gives_each_event_a_later_instant() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    first = await house.answer(house.payment(user))
    house.set_clock(NOON - timedelta(hours=1))
    second = await house.answer(house.payment(user))
    assert second.payment.at == first.payment.at + MICROSECOND


async def test_a_payment_keeps_its_question() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    payment = house.payment(user)
    answer = await house.answer(payment)
    assert replace(answer.payment, at=payment.at) == payment


async def test_a_new_key_costs_no_read_of_the_ledger_and_a_used_one_gets_the_stored_answer() -> None:
    house = MemoryHouse(ledger=(ledger := CountingLedger(store := MemoryStore())), store=store)
    user = await house.a_user()
    await house.answer(house.payment(user))
    first = await house.answer(house.payment(user, key="k"))
    assert ledger.loads == 1
    again = await house.answer(house.payment(user, key="k"))
    assert (again, ledger.loads) == (first, 2)
    assert house.store.users[user.user_id].transaction_count == 2
