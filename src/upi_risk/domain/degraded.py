"""What is answered while the model cannot be asked: rules alone, and never ALLOW."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Final

from upi_risk.domain.decision import DECISION_OF, Assessment, Factor, Level
from upi_risk.domain.factors import POOR_REPUTATION
from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard, Scored

BY_RULES: Final = "+rules"
"""Ends the policy's version in every row that rules decided."""

CONFIDENCE: Final = 0.5
_SCORE_OF: Final = {Level.MEDIUM: 0.5, Level.HIGH: 0.9}


def usable(scored: Scored) -> bool:
    """Whether a model's answer is one: a probability, and parts that are numbers."""
    return 0.0 <= scored.probability <= 1.0 and isfinite(sum(scored.contributions))


def by_rules(names: Sequence[str], vector: Vector, card: ModelCard, policy_version: str) -> Assessment:
    """The answer without a model: VERIFY, or BLOCK where an unproven receiver was lately reported as fraud.

    Args:
        names: of the features.
        vector: their values.
        card: of the model that failed.
        policy_version: of the policy in force.
    """
    values = dict(zip(names, vector, strict=True))
    factors = [Factor("model_unavailable", "Checked by simple rules: the risk model did not answer", 0.0)]
    level = Level.MEDIUM
    if values["receiver_reputation"] < POOR_REPUTATION and not values["is_known_receiver"]:
        level = Level.HIGH
        factors.append(Factor("reputation", "Payments to this receiver were reported as fraud", 0.0))
    return Assessment(
        score=_SCORE_OF[level],
        level=level,
        decision=DECISION_OF[level],
        factors=tuple(factors),
        confidence=CONFIDENCE,
        model_version=card.version,
        policy_version=policy_version + BY_RULES,
    )
