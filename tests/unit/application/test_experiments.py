"""Two models side by side: who decides, what the other one says behind the answer, and services that follow."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from tests.builders import NOON, SHOP, later
from tests.doubles import AmountScorer
from tests.houses import MemoryHouse
from tests.unit.application.test_choose_and_follow_model import some_models
from upi_risk.adapters.memory import MemoryExperiments
from upi_risk.adapters.numpy.arms import measure_arms
from upi_risk.application import arms as arms_module
from upi_risk.application.arms import DecideByArms, ScoreBehind, Trial
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.decide import Answer, Decide
from upi_risk.application.follow_experiment import (
    LOOKS_APART,
    ExperimentEvent,
    FollowExperiment,
    Joined,
    Left,
    NotJoined,
)
from upi_risk.application.model_health import MOST_FAILURES, ModelHealth
from upi_risk.application.run_experiment import ExperimentSoFar, StartExperiment, StopExperiment
from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import ModelRejectedError, StoreUnavailableError, UnknownUserError
from upi_risk.domain.experiment import Arm, Experiment, ExperimentConflictError, OtherScore
from upi_risk.domain.experiment_verdict import ExperimentRules
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.features import Vector
from upi_risk.domain.model import Canary, Scored
from upi_risk.domain.payment import Payment
from upi_risk.domain.policy import SANDBOX, RiskPolicy
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User


class Stricter(AmountScorer):
    """Twice as worried."""

    def __init__(self, version: str = "v0-strict") -> None:
        super().__init__()
        self.card = replace(self.card, version=version)
        self.broken = False

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        if self.broken:
            raise RuntimeError
        return [one._replace(probability=min(1.0, 2 * one.probability)) for one in super().score(vectors)]


@dataclass
class Trying:
    """A house with an experiment in it."""

    share: float = 0.5
    house: MemoryHouse = field(default_factory=MemoryHouse)
    challenger: Stricter = field(default_factory=Stricter)

    def __post_init__(self) -> None:
        house, policy = self.house, RiskPolicy(forced=SANDBOX)
        assert house.ledger is not None
        assert house.cache is not None
        self.experiments = MemoryExperiments(house.store)
        self.experiment = Experiment("one", "v0-amount", "v0-strict", self.share, 1, NOON)
        self.health = ModelHealth(lambda: 0.0, lambda _: None)
        self.arms = DecideByArms(house.decide)
        check = CheckTransaction(house.load, self.arms, house.ledger, house.cache)
        self.check = ScoreBehind(check, self.arms, house.scorer, policy, self.experiments)
        decide = Decide(self.challenger, policy, self.health)
        self.trial = Trial(self.experiment, self.challenger, decide, self.health)
        self.arms.trial = self.trial

    def leave(self) -> None:
        self.arms.trial = None

    async def users(self, count: int) -> list[User]:
        return [await self.house.a_user(user_id=f"UID-{number}") for number in range(count)]

    async def answers(self, *payments: Payment) -> list[Answer]:
        answers = await self.check(payments)
        await self.check.settle()
        return answers

    @property
    def scores(self) -> dict[str, OtherScore]:
        return {key[1]: score for key, score in self.experiments._scores.items()}


def models_of(answers: Sequence[Answer]) -> list[str]:
    return [answer.assessment.model_version for answer in answers if isinstance(answer, Transaction)]


async def test_each_payer_is_decided_by_the_model_of_the_payer_s_arm_in_the_order_asked() -> None:
    trying = Trying()
    users = await trying.users(20)
    payments = [trying.house.payment(user, rupees=4_000) for user in users]
    answers = await trying.answers(*payments)
    wanted = {Arm.CHAMPION: "v0-amount", Arm.CHALLENGER: "v0-strict"}
    assert models_of(answers) == [wanted[trying.experiment.arm(user.user_id)] for user in users]
    assert [answer.payment.user_id for answer in answers if isinstance(answer, Transaction)] == [
        user.user_id for user in users
    ]
    assert len(set(models_of(answers))) == 2
    alone = await trying.answers(trying.house.payment(users[0]))
    assert models_of(alone) == [wanted[trying.experiment.arm(users[0].user_id)]]


async def test_all_payments_of_a_payer_in_a_batch_see_one_another_and_one_model() -> None:
    trying = Trying(share=0.9)
    users = await trying.users(6)
    payments = [trying.house.payment(user, rupees=100) for user in users for _ in range(3)]
    answers = await trying.answers(*payments)
    for user in users:
        own = [a for a in answers if isinstance(a, Transaction) and a.payment.user_id == user.user_id]
        assert len(own) == 3
        assert len(set(models_of(own))) == 1
        held = trying.house.store.users[user.user_id]
        assert held.transaction_count == 3


async def test_without_an_experiment_the_champion_decides_and_nothing_is_kept() -> None:
    trying = Trying()
    trying.arms.trial = None
    users = await trying.users(10)
    answers = await trying.answers(*(trying.house.payment(user) for user in users))
    assert set(models_of(answers)) == {"v0-amount"}
    assert trying.scores == {}
    assert trying.challenger.batches == []
    assert not trying.arms.to_the_hour


async def test_in_shadow_the_challenger_scores_behind_the_answer_and_never_decides() -> None:
    trying = Trying(share=0.0)
    users = await trying.users(5)
    payments = [trying.house.payment(user, rupees=2_500) for user in users]
    answers = await trying.check(payments)
    assert set(models_of(answers)) == {"v0-amount"}
    assert trying.challenger.batches == []
    await trying.check.settle()
    assert trying.check.kept == 5
    scores = trying.scores.values()
    assert {(one.model_version, one.score, one.probability, one.decision) for one in scores} == {
        ("v0-strict", 0.5, 0.5, "VERIFY")
    }


async def test_where_the_challenger_decides_the_champion_is_asked_behind() -> None:
    trying = Trying(share=0.9)
    users = await trying.users(10)
    payments = [trying.house.payment(user, rupees=2_500) for user in users]
    answers = await trying.answers(*payments)
    assert len(answers) == len(trying.scores) == 10
    for answer in answers:
        assert isinstance(answer, Transaction)
        other = trying.scores[answer.payment.user_id]
        assert {answer.assessment.model_version, other.model_version} == {"v0-amount", "v0-strict"}


async def test_refusals_retries_and_test_receivers_have_no_other_score() -> None:
    trying = Trying(share=0.0)
    (user,) = await trying.users(1)
    first = trying.house.payment(user, key="k")
    await trying.answers(first)
    retry = trying.house.payment(user, key="k")
    sandbox = trying.house.payment(user, receiver="low@test")
    answers = await trying.answers(retry, trying.house.payment("nobody"), sandbox)
    assert isinstance(answers[1], UnknownUserError)
    assert trying.check.kept == 1
    assert trying.check.lost == 0


async def test_a_challenger_that_does_not_answer_decides_no_more() -> None:
    """Red without the look at its health: payments of its arm would stay with rules."""
    trying = Trying(share=0.9)
    users = await trying.users(10)
    trying.challenger.broken = True
    for _ in range(MOST_FAILURES):
        trying.health.failed()
    answers = await trying.answers(*(trying.house.payment(user) for user in users))
    assert set(models_of(answers)) == {"v0-amount"}
    assert {a.assessment.policy_version for a in answers if isinstance(a, Transaction)} == {"p1"}
    assert (trying.check.kept, trying.check.lost) == (0, 10)


async def test_a_challenger_that_was_promoted_meanwhile_is_not_compared_with_itself() -> None:
    """Red without the look at who serves: two scores for each payment made -3 lost."""
    trying = Trying(share=0.0)
    users = await trying.users(3)
    trying.house.scorer.card = trying.challenger.card
    await trying.answers(*(trying.house.payment(user) for user in users))
    assert (trying.check.kept, trying.check.lost) == (0, 3)
    assert trying.scores == {}


class Senseless(Stricter):
    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        return [Scored(float("nan"), ()) for _ in vectors]


async def test_a_score_that_is_no_probability_is_lost_and_counted() -> None:
    trying = Trying(share=0.0, challenger=Senseless())
    users = await trying.users(3)
    await trying.answers(*(trying.house.payment(user) for user in users))
    assert (trying.check.kept, trying.check.lost) == (0, 3)


@pytest.mark.parametrize(
    ("rupees", "given", "other"),
    [
        (1_000, Decision.BLOCK, "BLOCK"),
        (1_000, Decision.VERIFY, "VERIFY"),
        (4_000, Decision.BLOCK, "BLOCK"),
        (4_000, Decision.ALLOW, "ALLOW"),
    ],
)
async def test_rules_that_changed_the_answer_hold_for_the_other_model_too(
    rupees: float, given: Decision, other: str
) -> None:
    """Red where the other model's own decision is kept: rules would speak for or against one model alone."""
    trying = Trying(share=0.0)
    (user,) = await trying.users(1)
    decided = await trying.house.answer(trying.house.payment(user, rupees=rupees))
    ruled = replace(decided.assessment, decision=given, model_score=decided.assessment.score)
    (said,) = trying.check._others(trying.trial, [replace(decided, assessment=ruled)])
    assert said.decision == other


async def test_more_than_there_is_room_for_is_lost_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arms_module, "ROOM", 4)
    monkeypatch.setattr(arms_module, "STEP", 2)
    trying = Trying(share=0.0)
    users = await trying.users(7)
    answers = await trying.answers(*(trying.house.payment(user) for user in users))
    assert len(models_of(answers)) == 7
    assert (trying.check.kept, trying.check.lost) == (4, 3)


async def test_a_store_that_fails_loses_scores_and_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    trying = Trying(share=0.0)

    async def fail(*_: object) -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(trying.experiments, "add", fail)
    users = await trying.users(3)
    answers = await trying.answers(*(trying.house.payment(user) for user in users))
    assert len(models_of(answers)) == 3
    assert (trying.check.kept, trying.check.lost) == (0, 3)


async def test_what_waits_when_the_experiment_ends_is_dropped() -> None:
    trying = Trying(share=0.0)
    (user,) = await trying.users(1)
    await trying.check([trying.house.payment(user)])
    trying.leave()
    await trying.check.settle()
    assert (trying.check.kept, trying.check.lost) == (0, 0)


async def test_payments_that_come_while_scores_are_made_join_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    trying = Trying(share=0.0)
    one, two = await trying.users(2)
    kept, add = asyncio.Event(), trying.experiments.add

    async def slowly(experiment: str, scores: Sequence[OtherScore]) -> None:
        await kept.wait()
        await add(experiment, scores)

    monkeypatch.setattr(trying.experiments, "add", slowly)
    await trying.check([trying.house.payment(one)])
    await asyncio.sleep(0)
    await trying.check([trying.house.payment(two)])
    kept.set()
    await trying.check.settle()
    assert set(trying.scores) == {one.user_id, two.user_id}


class Told:
    """A service that follows, and what it told."""

    def __init__(self) -> None:
        self.trying = Trying()
        self.trying.arms.trial = None
        self.events: list[ExperimentEvent] = []
        self.error: Exception | None = None
        self.begun = 0
        self.joined = asyncio.Event()
        self.follow = FollowExperiment(
            self.trying.experiments, self.trying.house.scorer, self.trying.arms, self._begin, self._tell
        )

    def takes_part(self) -> bool:
        return self.trying.arms.trial is not None

    def _tell(self, event: ExperimentEvent) -> None:
        self.events.append(event)
        if isinstance(event, Joined):
            self.joined.set()

    def _begin(self, experiment: Experiment) -> Trial:
        self.begun += 1
        if self.error is not None:
            raise self.error
        return replace(self.trying.trial, experiment=experiment)


async def test_a_service_joins_an_experiment_once_and_leaves_it_when_it_ends() -> None:
    told = Told()
    await told.follow.look()
    assert told.events == []
    await told.trying.experiments.start(told.trying.experiment)
    await told.follow.look()
    await told.follow.look()
    assert told.takes_part()
    await told.trying.experiments.stop("one", later(hours=1), "")
    await told.follow.look()
    assert not told.takes_part()
    assert told.events == [Joined(told.trying.experiment), Left(told.trying.experiment)]
    assert told.begun == 1


async def test_an_experiment_about_another_champion_rests() -> None:
    told = Told()
    await told.trying.experiments.start(told.trying.experiment)
    await told.follow.look()
    serving = told.trying.house.scorer
    serving.card = replace(serving.card, version="v9")
    await told.follow.look()
    assert not told.takes_part()
    serving.card = replace(serving.card, version="v0-amount")
    await told.follow.look()
    assert [type(event) for event in told.events] == [Joined, Left, Joined]


async def test_a_challenger_that_is_refused_is_told_once_and_tried_again_later() -> None:
    told = Told()
    told.error = ModelRejectedError("damaged")
    await told.trying.experiments.start(told.trying.experiment)
    for _ in range(LOOKS_APART + 2):
        await told.follow.look()
    assert told.begun == 2
    assert told.events == [NotJoined(told.trying.experiment, told.error)]
    told.error = None
    for _ in range(LOOKS_APART + 1):
        await told.follow.look()
    assert told.takes_part()


async def test_a_store_that_fails_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    await told.trying.experiments.start(told.trying.experiment)
    looking = asyncio.create_task(told.follow.forever(0))
    await asyncio.wait_for(told.joined.wait(), 60)
    looking.cancel()
    await asyncio.wait({looking})

    async def fail() -> None:
        raise StoreUnavailableError

    monkeypatch.setattr(told.trying.experiments, "running", fail)
    await told.follow.look()
    assert told.takes_part()


async def test_starting_proves_the_challenger_and_names_the_champion() -> None:
    house, models = MemoryHouse(), some_models("v1", "v2")
    experiments = MemoryExperiments(house.store)
    start = StartExperiment(models.store, experiments, house.clock)
    made = await start("one", "v2", share=0.1, minimum=5)
    assert made == Experiment("one", "v1", "v2", 0.1, 5, NOON)
    assert await experiments.running() == made
    with pytest.raises(ExperimentConflictError, match="serves already"):
        await start("two", "v1", share=0.1, minimum=5)
    with pytest.raises(ModelRejectedError):
        await start("two", "v3", share=0.1, minimum=5)


async def test_a_challenger_that_reads_more_than_the_champion_can_be_in_shadow() -> None:
    house, models = MemoryHouse(), some_models("v1", "v2")
    model = json.dumps({"bias": 0.0, "weights": [0.0] * len(EXTENDED_SET.names)}).encode()
    card = replace(
        models.good()[1],
        version="v2",
        feature_set="extended",
        features=EXTENDED_SET.names,
        fingerprint=EXTENDED_SET.fingerprint,
        sha256=hashlib.sha256(model).hexdigest(),
        canaries=(Canary(tuple(0.0 for _ in EXTENDED_SET.names), 0.5),),
    )
    models.put("v2", model, card)
    start = StartExperiment(models.store, MemoryExperiments(house.store), house.clock)
    assert (await start("one", "v2", share=0.0, minimum=5)).shadow


async def test_the_status_measures_matured_payments_and_stopping_says_why() -> None:
    trying = Trying(share=0.0)
    house = trying.house
    await trying.experiments.start(trying.experiment)
    users = await trying.users(4)
    await trying.answers(*(house.payment(user, rupees=2_500, receiver=SHOP) for user in users))
    so_far = ExperimentSoFar(trying.experiments, trying.experiments, house.clock, measure_arms)
    early = await so_far("one", ExperimentRules())
    assert [arm.payments for arm in early.figures] == [0, 0]
    house.clock.advance(timedelta(days=8))
    status = await so_far("one", ExperimentRules())
    assert [(arm.model_version, arm.payments) for arm in status.figures] == [("v0-amount", 4), ("v0-strict", 4)]
    assert status.verdict.looks[0].payments == (4, 4)
    ended = await StopExperiment(trying.experiments, house.clock)("one")
    assert ended.outcome == "stopped by hand"
    with pytest.raises(ExperimentConflictError):
        await so_far("two", ExperimentRules())
