"""Deciding payments against a snapshot, one user's strictly one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from upi_risk.application.model_health import ModelHealth
from upi_risk.domain.degraded import by_rules, usable
from upi_risk.domain.draft import Draft
from upi_risk.domain.errors import UnknownUserError, UpiRiskError
from upi_risk.domain.feature_sets import EXTENDED_SET, FeatureSet
from upi_risk.domain.features import Vector
from upi_risk.domain.history import Snapshot
from upi_risk.domain.model import Scored
from upi_risk.domain.payment import Payment
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.ports import Scorer
from upi_risk.domain.ruling import RulesInForce, Ruling
from upi_risk.domain.transaction import Transaction

Answer = Transaction | UpiRiskError
"""What one payment gets: its transaction, or why it was refused."""


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

    Payments are taken in waves that hold at most one of each user, so that one call of the model scores a wave
    and yet the second payment of a user sees the first.
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
        features = wider or self._scorer.card.set
        answers: list[Answer | None] = [None] * len(payments)
        drafts: dict[str, Draft] = {}
        waiting = list(range(len(payments)))
        while waiting:
            wave, waiting = _wave(payments, waiting)
            fresh: list[tuple[int, Payment, Draft, Vector]] = []
            for index in wave:
                try:
                    stored = _stored(payments[index], snapshot, drafts)
                except UpiRiskError as error:
                    answers[index] = error
                    continue
                if stored is not None:
                    answers[index] = stored
                    continue
                draft = _draft(payments[index], snapshot, drafts)
                if draft is None:
                    answers[index] = UnknownUserError()
                    continue
                payment, at = payments[index], draft.user.instant(payments[index].at)
                if at is not payment.at:
                    payment = replace(payment, at=at)
                fresh.append((index, payment, draft, _vector(features, payment, draft, snapshot)))
            self._score(fresh, answers, snapshot)
        return [answer for answer in answers if answer is not None], drafts

    def _score(
        self, fresh: list[tuple[int, Payment, Draft, Vector]], answers: list[Answer | None], snapshot: Snapshot
    ) -> None:
        if not fresh:
            return
        ruling = self._rules.ruling if self._rules is not None else None
        card = self._scorer.card
        vectors, width = [features for _, _, _, features in fresh], len(card.features)
        if len(vectors[0]) > width:
            vectors = [features[:width] for features in vectors]
        scores = self._scores(vectors)
        for (index, payment, draft, features), own, scored in zip(fresh, vectors, scores, strict=True):
            if scored is None and payment.receiver not in self._policy.forced:
                assessment = by_rules(card.features, own, card, self._policy.version)
            else:
                assessment = self._policy.assess(payment.receiver, own, scored or _UNASKED, card)
            version = None
            if ruling is not None and payment.receiver not in self._policy.forced:
                wide = _vector(EXTENDED_SET, payment, draft, snapshot) if _falls_short(features, ruling) else features
                assessment = ruling.judge(payment, draft.user, wide, assessment, by_model=scored is not None)
                version = ruling.version
            transaction = Transaction.decided(payment, features, assessment, version)
            draft.decide(transaction)
            answers[index] = transaction

    def _scores(self, vectors: list[Vector]) -> list[Scored | None]:
        """The model's answers; where a batch fails each vector is tried alone, and None is what has none."""
        try:
            scores = self._scorer.score(vectors)
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


def _wave(payments: Sequence[Payment], waiting: list[int]) -> tuple[list[int], list[int]]:
    """The first waiting payment of each user, and the rest."""
    wave: list[int] = []
    rest: list[int] = []
    seen: set[str] = set()
    for index in waiting:
        user_id = payments[index].user_id
        (rest if user_id in seen else wave).append(index)
        seen.add(user_id)
    return wave, rest


def _stored(payment: Payment, snapshot: Snapshot, drafts: dict[str, Draft]) -> Transaction | None:
    key = payment.idempotency_key
    if key is None:
        return None
    held = snapshot.answers.get((payment.user_id, key))
    if held is None and payment.user_id in drafts:
        held = drafts[payment.user_id].answer_to(key)
    return held.answer_to(payment) if held else None


def _draft(payment: Payment, snapshot: Snapshot, drafts: dict[str, Draft]) -> Draft | None:
    draft = drafts.get(payment.user_id)
    if draft is None:
        user = snapshot.users[payment.user_id]
        if user is None:
            return None
        draft = drafts[payment.user_id] = Draft.of(user)
    draft.payees.setdefault(payment.receiver, snapshot.payees[payment.user_id, payment.receiver])
    return draft


def _vector(features: FeatureSet, payment: Payment, draft: Draft, snapshot: Snapshot) -> Vector:
    payee, receiver = draft.payees[payment.receiver], snapshot.receivers[payment.receiver]
    return features.vector(draft.user, payee, receiver, payment.amount_paise, payment.at)
