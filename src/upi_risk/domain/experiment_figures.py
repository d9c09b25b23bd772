"""What each model of an experiment came to, with how far chance may have moved it."""

from __future__ import annotations

from dataclasses import dataclass

from upi_risk.domain.evaluation import Estimate


@dataclass(frozen=True, slots=True)
class ArmFigures:
    """One model on the matured payments it is judged by. A figure is None where there is nothing to compute it from.

    Attributes:
        model_version: which model.
        payments: matured; in shadow the same ones for both models.
        frauds: of these, known as fraud when they matured.
        precision: the share of fraud among VERIFY and BLOCK.
        recall: the share of frauds that were VERIFY or BLOCK.
        auc: the chance that a fraud scores above a good payment.
        false_blocks: the share of good payments that were BLOCK. One that nobody calls fraud counts as good.
        missed_rupees: the amounts of frauds that were ALLOW, by payment.
    """

    model_version: str
    payments: int
    frauds: int
    precision: Estimate | None
    recall: Estimate | None
    auc: Estimate | None
    false_blocks: Estimate | None
    missed_rupees: Estimate | None
