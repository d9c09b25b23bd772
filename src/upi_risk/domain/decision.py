"""What we answer, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How risky a payment looks."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class Decision(StrEnum):
    """What the app should do."""

    ALLOW = "ALLOW"
    VERIFY = "VERIFY"
    BLOCK = "BLOCK"


DECISION_OF = {Level.LOW: Decision.ALLOW, Level.MEDIUM: Decision.VERIFY, Level.HIGH: Decision.BLOCK}


class Factor(NamedTuple):
    """One reason for a score.

    Attributes:
        code: a stable name, for programs.
        text: a sentence for the payer, true of this payment.
        contribution: by how much it moved the score, in log-odds; above 0 towards fraud.
    """

    code: str
    text: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Assessment:
    """The answer to one payment.

    Attributes:
        score: risk from 0 to 1 on the policy's scale, to four decimals; see
            :class:`upi_risk.domain.score_scale.ScoreScale`.
        level: the band the score is in.
        decision: what to do.
        factors: reasons, those that moved the score most first.
        confidence: how sure we are of the side the score is on, 0.5 to 1, rounded down to two decimals; see
            :class:`upi_risk.domain.model.ConfidenceCurve`.
        model_version: the model that scored.
        policy_version: the policy that decided.
        probability: of fraud, calibrated, 0 to 1; None where no model was asked (a test receiver), or where the answer
            is from a release that did not keep it.
        model_score: what the model alone would have answered, where rules or lists changed the score; else None.
    """

    score: float
    level: Level
    decision: Decision
    factors: tuple[Factor, ...]
    confidence: float
    model_version: str
    policy_version: str
    probability: float | None = None
    model_score: float | None = None
