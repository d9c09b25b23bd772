"""From a score to a level, a decision and its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import floor
from typing import Final

from upi_risk.domain.decision import DECISION_OF, Assessment, Factor, Level
from upi_risk.domain.factors import explain
from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard, Scored
from upi_risk.domain.payment import UpiId

SANDBOX: Mapping[UpiId, Level] = {
    UpiId("low@test"): Level.LOW,
    UpiId("medium@test"): Level.MEDIUM,
    UpiId("high@test"): Level.HIGH,
}
"""Receivers that always get one level, to try an integration with; in force in the demo mode alone."""

SCORE_DIGITS: Final = 4
"""Scores are answered to this many digits."""

_STEP: Final = 10**-SCORE_DIGITS

_SANDBOX_SCORE = {Level.LOW: 0.10, Level.MEDIUM: 0.50, Level.HIGH: 0.90}


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """Where the levels begin, and which receivers are for trying things.

    Attributes:
        version: kept with every decision.
        medium_from: the lowest score that is MEDIUM.
        high_above: the highest score that is MEDIUM.
        forced: receivers whose level is given.
    """

    version: str = "p1"
    medium_from: float = 0.35
    high_above: float = 0.65
    forced: Mapping[UpiId, Level] = field(default_factory=dict)

    def level(self, score: float) -> Level:
        """LOW below ``medium_from``, HIGH above ``high_above``, MEDIUM from one to the other."""
        if score < self.medium_from:
            return Level.LOW
        return Level.HIGH if score > self.high_above else Level.MEDIUM

    def nearest(self, score: float, level: Level) -> float:
        """The score of a level that is nearest to a score, on the four digits that scores have."""
        if level is Level.LOW:
            return min(score, round(self.medium_from - _STEP, SCORE_DIGITS))
        if level is Level.HIGH:
            return max(score, round(self.high_above + _STEP, SCORE_DIGITS))
        return min(max(score, self.medium_from), self.high_above)

    def assess(self, receiver: UpiId, vector: Vector, scored: Scored, card: ModelCard) -> Assessment:
        """The answer to a payment that the model has scored."""
        if receiver in self.forced:
            return self._forced(self.forced[receiver], card)
        probability = card.meaning.probability(scored.probability)
        score = round(card.meaning.score(probability), SCORE_DIGITS)
        level = self.level(score)
        return Assessment(
            score=score,
            level=level,
            decision=DECISION_OF[level],
            factors=explain(vector, scored.contributions, level),
            confidence=floor(card.confidence.at(score) * 100) / 100,
            model_version=card.version,
            policy_version=self.version,
            probability=probability,
        )

    def _forced(self, level: Level, card: ModelCard) -> Assessment:
        factor = Factor("sandbox", f"Test receiver: always {level}", 0.0)
        return Assessment(_SANDBOX_SCORE[level], level, DECISION_OF[level], (factor,), 1.0, card.version, self.version)
