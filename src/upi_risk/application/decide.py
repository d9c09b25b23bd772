"""Deciding payments against a snapshot, one user's strictly one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from upi_risk.application.course import Answer, Course, Fresh, vector
from upi_risk.application.model_health import ModelHealth
from upi_risk.domain.degraded import by_rules, usable
from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import ModelTooSlowError
from upi_risk.domain.feature_sets import EXTENDED_SET, FeatureSet
from upi_risk.domain.features import Vector
from upi_risk.domain.history import Snapshot
from upi_risk.domain.model import Scored
from upi_risk.domain.payment import Payment
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.ports import Scorer
from upi_risk.domain.ruling import RulesInForce, Ruling
from upi_risk.domain.transaction import Transaction

__all__ = ["Answer", "Decide", "Decides"]


class Decides(Protocol):
    """Whatever decides payments as :class:`Decide` does."""

    @property
    def to_the_hour(self) -> bool:
        """Whether receivers must be known to the hour."""

    @property
    def features(self) -> FeatureSet:
        """What the model reads."""

    def __call__(
        self, payments: Sequence[Payment], snapshot: Snapshot, wider: FeatureSet | None = None
    ) -> tuple[list[Answer], dict[str, Draft]]:
        """Decide payments, in order."""


class Decide:
    """Features, score, decision. Pure but for the scorer's computing; nothing is stored.

    One call of the model scores many payments, though each sees those before it; see
    :class:`~upi_risk.application.course.Course`.
    """

    def __init__(
        self, scorer: Scorer, policy: RiskPolicy, health: ModelHealth | None = None, rules: RulesInForce | None = None
    ) -> None:
        """Without ``rules`` there are none."""
        self._scorer = scorer
        self._rules = rules
        self._policy = policy
        self._health = health or ModelHealth(lambda: 0.0, lambda _: None)

    @property
    def to_the_hour(self) -> bool:
        """Whether the model in service or a rule reads receivers to the hour; see :class:`FeatureSet`."""
        return self._scorer.card.set.to_the_hour or (self._rules is not None and self._rules.ruling.to_the_hour)

    @property
    def features(self) -> FeatureSet:
        """What the model in service reads."""
        return self._scorer.card.set

    def __call__(
        self, payments: Sequence[Payment], snapshot: Snapshot, wider: FeatureSet | None = None
    ) -> tuple[list[Answer], dict[str, Draft]]:
        """Decide payments, in order.

        Args:
            payments: the questions.
            snapshot: holds the user, pair and receiver of each, and the stored answer of each idempotency key.
            wider: features that are computed and kept in the place of the model's own, which they begin with; None for
                its own.

        Returns:
            An answer for each payment, and a draft for each user who got a new one.
        """
        course = Course(payments, snapshot, wider or self._scorer.card.set)
        while not course.over:
            self._score(course.go_on(), course, snapshot)
        return course.answers, course.drafts

    def _score(self, fresh: Sequence[Fresh], course: Course, snapshot: Snapshot) -> None:
        if not fresh:
            return
        ruling = self._rules.ruling if self._rules is not None else None
        card = self._scorer.card
        vectors, width = [each.features for each in fresh], len(card.features)
        if len(vectors[0]) > width:
            vectors = [features[:width] for features in vectors]
        scores = self._scores(vectors)
        for each, own, scored in zip(fresh, vectors, scores, strict=True):
            if course.is_vain(each):
                continue
            payment, features = each.payment, each.features
            if scored is None and payment.receiver not in self._policy.forced:
                assessment = by_rules(card.features, own, card, self._policy.version)
            else:
                assessment = self._policy.assess(payment.receiver, own, scored or _UNASKED, card)
            version = None
            if ruling is not None and payment.receiver not in self._policy.forced:
                wide = features
                if _falls_short(features, ruling):
                    wide = vector(EXTENDED_SET, payment, each.draft, snapshot)
                assessment = ruling.judge(payment, each.draft.user, wide, assessment, by_model=scored is not None)
                version = ruling.version
            course.answer(each, Transaction.decided(payment, features, assessment, version))

    def _scores(self, vectors: list[Vector]) -> list[Scored | None]:
        """The model's answers; where a batch fails each vector is tried alone, and None is what has none.

        A model that is too slow for all of them is not tried again for each.
        """
        try:
            scores = self._scorer.score(vectors)
        except ModelTooSlowError as error:
            self._health.failed(error, len(vectors))
            return [None] * len(vectors)
        except Exception as error:  # noqa: BLE001 - whatever a model does, payments are answered
            if len(vectors) > 1:
                return [self._scores([vector])[0] for vector in vectors]
            self._health.failed(error)
            return [None]
        return [self._trusted(scored) for scored in scores]

    def _trusted(self, scored: Scored) -> Scored | None:
        if usable(scored):
            return scored
        self._health.failed()
        return None


_UNASKED = Scored(0.0, ())
"""Stands for a model's answer where the policy asks for none: a receiver to try things with."""


def _falls_short(features: Vector, ruling: Ruling) -> bool:
    """Whether rules ask for more than the model's own features."""
    return ruling.wide and len(features) < len(EXTENDED_SET.names)
