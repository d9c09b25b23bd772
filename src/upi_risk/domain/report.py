"""What a report on a model is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from upi_risk.domain.cost import CostModel
from upi_risk.domain.examples import Examples
from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.training import TrainingRecord


@dataclass(frozen=True, slots=True)
class Explained:
    """A sample of payments, and what each feature added to the log-odds of each.

    Attributes:
        vectors: feature values, a row a payment.
        contributions: of the same shape.
    """

    vectors: Sequence[Vector]
    contributions: Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class ReportMaterial:
    """All that a report tells.

    Attributes:
        card: the model.
        record: how it came to be, and its figures; with an evaluation.
        test: the payments measured on, amounts as in the file.
        scores: of each.
        explained: a sample of the test, spread evenly.
        riskiest: of the test, the payments with the highest scores.
        policy: where the levels begin.
        costs: what decisions cost.
        raw: the model's answer to each, before it was calibrated.
    """

    card: ModelCard
    record: TrainingRecord
    test: Examples
    scores: Sequence[float]
    explained: Explained
    riskiest: Explained
    policy: RiskPolicy
    costs: CostModel
    raw: Sequence[float]
