"""Many payments of one user in one call of the model are decided as they would be one after the other."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.houses import MemoryHouse
from upi_risk.application.course import MOST_EXPECTED
from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import IdempotencyKeyReusedError
from upi_risk.domain.transaction import Transaction

SMALL, LARGE = 400, 9_000_000
"""Rupees that are allowed and that are not."""


def decisions(answers: Sequence[object]) -> list[Decision]:
    return [answer.assessment.decision for answer in answers if isinstance(answer, Transaction)]


async def test_what_is_expected_and_happens_takes_one_call_of_the_model() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    answers = await house.answers(*[house.payment(user, rupees=SMALL) for _ in range(5)])
    assert decisions(answers) == [Decision.ALLOW] * 5
    assert house.scorer.batches == [5]


async def test_what_was_computed_from_something_that_did_not_happen_is_computed_once_more() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    first = await house.answer(house.payment(user, rupees=3_500))
    assert first.assessment.decision is Decision.VERIFY
    house.scorer.batches.clear()
    answers = await house.answers(*[house.payment(user, rupees=SMALL) for _ in range(3)])
    assert decisions(answers) == [Decision.ALLOW] * 3  # the first was expected not to be
    assert house.scorer.batches == [3, 1, 1]


async def test_no_more_than_a_few_are_computed_in_vain_for_one_user() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    asked = [house.payment(user, rupees=3_500 if number % 2 else SMALL) for number in range(2 * MOST_EXPECTED)]
    await house.answers(*asked)
    assert house.scorer.batches == [MOST_EXPECTED, *[1] * (2 * MOST_EXPECTED - 2)]


async def test_a_key_that_comes_twice_in_a_batch_is_answered_once() -> None:
    house = MemoryHouse()
    user = await house.a_user()
    keyed = house.payment(user, key="k-1")
    again = house.payment(user, key="k-1")
    other = house.payment(user, rupees=7, key="k-1")
    answers = await house.answers(keyed, house.payment(user), again, other, house.payment(user))
    assert answers[0] == answers[2]
    assert isinstance(answers[3], IdempotencyKeyReusedError)
    assert house.store.users[user.user_id].transaction_count == 3


@pytest.mark.parametrize("seed", range(6))
async def test_a_batch_is_decided_as_its_payments_one_after_the_other(seed: int) -> None:
    """Seen red when a payment that was computed in vain is answered all the same."""
    draw = random.Random(seed)  # noqa: S311 - not a secret
    together, apart = MemoryHouse(), MemoryHouse()
    asked = []
    for house in (together, apart):
        users = [
            await house.a_user(user_id=f"UID-{number}", phone_key=f"+9198765432{number:02}") for number in range(3)
        ]
        draw.seed(seed)
        payments = [
            house.payment(
                draw.choice(users),
                rupees=draw.choice([100, 400, 3_500, 9_000, 60_000]),
                receiver=draw.choice(["one@upi", "two@upi"]),
            )
            for _ in range(40)
        ]
        asked.append(payments)
    at_once = await together.answers(*asked[0])
    one_by_one = [await apart.answer(payment) for payment in asked[1]]
    assert len(set(decisions(at_once))) > 1
    plain = [
        [
            (answer.features, answer.assessment, answer.payment.at)
            for answer in answers
            if isinstance(answer, Transaction)
        ]
        for answers in (at_once, one_by_one)
    ]
    assert plain[0] == plain[1]
    assert together.store.users == apart.store.users
    assert together.store.receivers == apart.store.receivers
