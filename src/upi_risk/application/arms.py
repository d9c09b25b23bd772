"""Two models side by side: whose decision a payer gets, and what the other one would have said."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from upi_risk.application.check_for_callers import Checks
from upi_risk.application.check_transaction import Near
from upi_risk.application.decide import Answer, Decides
from upi_risk.application.model_health import ModelHealth
from upi_risk.domain.decision import DECISION_OF, Decision
from upi_risk.domain.degraded import usable
from upi_risk.domain.draft import Draft
from upi_risk.domain.experiment import Arm, Experiment, ExperimentScores, OtherScore
from upi_risk.domain.feature_sets import FeatureSet
from upi_risk.domain.history import Snapshot
from upi_risk.domain.payment import Payment
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.ports import Scorer
from upi_risk.domain.ruling import highest
from upi_risk.domain.transaction import Transaction

ROOM: Final = 10_000
"""Payments that wait for the other model's score at most; those beyond are lost, and counted."""

STEP: Final = 32
"""Payments scored at a time, so that no request waits longer for it than a millisecond or two."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An experiment that this process takes part in.

    Attributes:
        experiment: which one.
        challenger: its model.
        decide: deciding by it.
        health: whether it answers; a challenger that does not is left out, and the champion decides.
    """

    experiment: Experiment
    challenger: Scorer
    decide: Decides
    health: ModelHealth


class DecideByArms:
    """Decides each payer's payments by the model of the payer's arm. A payer's are all decided by one.

    Attributes:
        trial: the experiment that runs; None, and everything goes to the champion at the cost of one look.
    """

    def __init__(self, champion: Decides) -> None:
        self._champion = champion
        self.trial: Trial | None = None

    @property
    def to_the_hour(self) -> bool:
        """Whether a model that may decide reads receivers to the hour."""
        trial = self.trial
        return self._champion.to_the_hour or (trial is not None and trial.decide.to_the_hour)

    @property
    def features(self) -> FeatureSet:
        """What the champion reads."""
        return self._champion.features

    def __call__(
        self, payments: Sequence[Payment], snapshot: Snapshot, wider: FeatureSet | None = None
    ) -> tuple[list[Answer], dict[str, Draft]]:
        """Decide payments, in order; see :class:`~upi_risk.application.decide.Decide`.

        While an experiment runs, the features that both models read are computed and kept with every payment.
        """
        trial = self.trial
        if trial is None:
            return self._champion(payments, snapshot, wider)
        sets = (self._champion.features, trial.decide.features)
        wider = wider or max(sets, key=lambda one: len(one.names))  # a wider set begins with the narrower ones
        if trial.experiment.shadow or not trial.health.healthy:
            return self._champion(payments, snapshot, wider)
        arms = [trial.experiment.arm(payment.user_id) for payment in payments]
        answers: dict[int, Answer] = {}
        drafts: dict[str, Draft] = {}
        for arm, decide in ((Arm.CHAMPION, self._champion), (Arm.CHALLENGER, trial.decide)):
            places = [index for index, drawn in enumerate(arms) if drawn is arm]
            if places:
                decided, made = decide([payments[index] for index in places], snapshot, wider)
                answers |= zip(places, decided, strict=True)
                drafts |= made
        return [answers[index] for index in range(len(payments))], drafts


class ScoreBehind:
    """Checks payments, and behind the answers asks the model that did not decide; what it cannot keep is counted.

    Attributes:
        kept: scores of the other model that were stored.
        lost: payments without one: too many waited, the model failed, or the store did.
    """

    def __init__(
        self,
        check: Checks,
        arms: DecideByArms,
        champion: Scorer,
        policy: RiskPolicy,
        scores: ExperimentScores,
    ) -> None:
        """``champion`` is the model that serves, ``policy`` the one in force."""
        self._check = check
        self._arms = arms
        self._champion = champion
        self._policy = policy
        self._scores = scores
        self._waiting: list[Transaction] = []
        self._task: asyncio.Task[None] | None = None
        self.kept = 0
        self.lost = 0

    async def near(self, payments: Sequence[Payment]) -> Near:
        """What is near at hand for payments."""
        return await self._check.near(payments)

    async def __call__(self, payments: Sequence[Payment], near: Near | None = None) -> list[Answer]:
        """Answer payments, in order."""
        answers = await self._check(payments, near)
        if self._arms.trial is not None:
            self._wait(payments, answers)
        return answers

    async def settle(self) -> None:
        """Return when every score that waits is stored or lost."""
        while self._task is not None and not self._task.done():
            await asyncio.wait({self._task})

    def _wait(self, payments: Sequence[Payment], answers: Sequence[Answer]) -> None:
        decided = [
            answer
            for payment, answer in zip(payments, answers, strict=True)
            if isinstance(answer, Transaction)
            and answer.payment.transaction_id == payment.transaction_id  # another one is the answer of a retry
            and payment.receiver not in self._policy.forced
        ]
        room = ROOM - len(self._waiting)
        self._waiting += decided[:room]
        self.lost += len(decided[room:])
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            step, self._waiting = self._waiting[:STEP], self._waiting[STEP:]
            trial = self._arms.trial
            if trial is None:
                continue
            try:
                scores = self._others(trial, step)
                await self._scores.add(trial.experiment.name, scores)
            except Exception:  # noqa: BLE001 - nobody waits for it, and nothing but figures hangs on it
                self.lost += len(step)
                continue
            self.kept += len(scores)
            self.lost += len(step) - len(scores)
            await asyncio.sleep(0)

    def _others(self, trial: Trial, decided: Sequence[Transaction]) -> list[OtherScore]:
        if self._champion.card.version != trial.experiment.champion:
            return []  # another model took over, perhaps this very challenger, and the next look makes the trial rest
        by_challenger = [one for one in decided if one.assessment.model_version == trial.challenger.card.version]
        by_champion = [one for one in decided if one.assessment.model_version == self._champion.card.version]
        return [
            *self._said(self._champion, by_challenger),
            *self._said(trial.challenger, by_champion),
        ]

    def _said(self, other: Scorer, decided: Sequence[Transaction]) -> list[OtherScore]:
        """What a model says of vectors that another one decided on; those that do not hold its features are left out.

        They do not where they were decided before this process knew of the experiment.
        """
        card = other.card
        decided = [one for one in decided if len(one.features) >= len(card.features)]
        if not decided:
            return []
        vectors = [one.features[: len(card.features)] for one in decided]
        said = []
        for one, vector, scored in zip(decided, vectors, other.score(vectors), strict=True):
            if not usable(scored):
                continue
            answer = self._policy.assess(one.payment.receiver, vector, scored, card)
            probability = card.meaning.probability(scored.probability)
            key = (one.payment.user_id, one.payment.transaction_id)
            decision = self._ruled(one, answer.decision)
            said.append(OtherScore(*key, card.version, answer.score, probability, decision))
        return said

    def _ruled(self, decided: Transaction, other: Decision) -> Decision:
        """The other model's decision after the rules and lists that changed the one that was given."""
        given = decided.assessment
        if given.model_score is None:
            return other
        own = DECISION_OF[self._policy.level(given.model_score)]
        raised = given.decision is highest(own, [given.decision])
        return highest(other, [given.decision]) if raised else given.decision
