"""When the model fails: rules alone, never ALLOW, and said so in the row."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, nan

import pytest

from tests.builders import OTHER_SHOP, SHOP, a_receiver
from tests.doubles import AmountScorer
from tests.houses import MemoryHouse
from upi_risk.application.decide import Decide
from upi_risk.application.model_health import ModelHealth
from upi_risk.domain.decision import Decision, Level
from upi_risk.domain.errors import ModelTooSlowError
from upi_risk.domain.features import NAMES, Vector
from upi_risk.domain.indian_time import indian_day
from upi_risk.domain.model import Scored
from upi_risk.domain.payment import UpiId
from upi_risk.domain.policy import RiskPolicy

_AMOUNT = NAMES.index("amount")


class FailingScorer(AmountScorer):
    """Fails on payments of 500 rupees."""

    def __init__(self, told: Scored | None = None) -> None:
        super().__init__()
        self._told = told

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        scores = super().score(vectors)
        failing = [vector[_AMOUNT] == 500 for vector in vectors]
        if any(failing) and self._told is None:
            raise RuntimeError("out of order")
        return [self._told if fails and self._told else scored for fails, scored in zip(failing, scores, strict=True)]


@pytest.mark.parametrize(
    "told",
    [None, Scored(nan, (0.0,)), Scored(-0.01, (0.0,)), Scored(1.01, (0.0,)), Scored(0.5, (nan,)), Scored(0.5, (inf,))],
)
async def test_a_failing_model_is_never_an_allow(told: Scored | None) -> None:
    house = MemoryHouse(scorer=FailingScorer(told))
    answer = await house.answer(house.payment(await house.a_user()))
    assessment = answer.assessment
    assert (assessment.decision, assessment.confidence, assessment.probability) == (Decision.VERIFY, 0.5, None)
    assert [factor.code for factor in assessment.factors] == ["model_unavailable"]
    assert (assessment.policy_version, assessment.model_version) == ("p1+rules", "v0-amount")


async def test_rules_may_block_a_receiver_that_was_reported() -> None:
    house = MemoryHouse(scorer=FailingScorer())
    today = indian_day(house.clock.now())
    house.store.receivers[SHOP] = a_receiver(SHOP, (today - 2, 1, 3))
    answer = await house.answer(house.payment(await house.a_user()))
    assert answer.assessment.decision is Decision.BLOCK
    assert [factor.code for factor in answer.assessment.factors] == ["model_unavailable", "reputation"]


async def test_one_vector_that_fails_does_not_fail_the_others_of_its_batch() -> None:
    house = MemoryHouse(scorer=FailingScorer())
    first, second = await house.a_user(), await house.a_user()
    failed, scored = await house.answers(house.payment(first), house.payment(second, rupees=100, receiver=OTHER_SHOP))
    assert getattr(failed, "assessment").policy_version == "p1+rules"  # noqa: B009
    assert getattr(scored, "assessment").policy_version == "p1"  # noqa: B009


class SlowScorer(AmountScorer):
    """Never in time."""

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        super().score(vectors)
        raise ModelTooSlowError


async def test_a_model_that_is_too_slow_for_a_batch_is_not_tried_for_each_of_it() -> None:
    """Red when it is caught like any other error: each payment alone takes the model its whole time again."""
    scorer, told = SlowScorer(), list[Exception | None]()
    health = ModelHealth(lambda: 0.0, told.append)
    house = MemoryHouse()
    house.check._decide = Decide(scorer, RiskPolicy(), health)
    answers = await house.answers(*[house.payment(await house.a_user()) for _ in range(3)])
    assert [getattr(answer, "assessment").decision for answer in answers] == [Decision.VERIFY] * 3  # noqa: B009
    assert (scorer.batches, health.failures, len(told)) == ([3], 3, 1)


async def test_a_receiver_to_try_things_with_needs_no_model() -> None:
    house = MemoryHouse(scorer=FailingScorer())
    receiver = UpiId("high@test")
    answer = await house.answer(house.payment(await house.a_user(), receiver=receiver))
    assert answer.assessment.level is Level.HIGH
    assert answer.assessment.policy_version == "p1"


async def test_three_failures_in_ten_seconds_are_not_healthy_and_pass() -> None:
    now = [0.0]
    told: list[Exception | None] = []
    health = ModelHealth(lambda: now[0], told.append)
    house = MemoryHouse()
    house.check._decide = Decide(FailingScorer(), RiskPolicy(), health)
    user = await house.a_user()
    for second in (0.0, 4.0, 9.0):
        assert health.healthy
        now[0] = second
        await house.answer(house.payment(user))
    assert not health.healthy
    assert health.failures == len(told) == 3


def test_failures_of_more_than_ten_seconds_ago_are_forgiven() -> None:
    now = [0.0]
    health = ModelHealth(lambda: now[0], lambda _: None)
    for _ in range(3):
        health.failed()
    now[0] = 10.5
    assert health.healthy
