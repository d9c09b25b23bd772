"""What a model is worth on payments that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from upi_risk.domain.confidence import SCORE_DIGITS
from upi_risk.domain.decision import Level
from upi_risk.domain.evaluation import Evaluation
from upi_risk.domain.examples import Examples
from upi_risk.domain.meaning import Meaning
from upi_risk.domain.metrics import Measured, brier, card_precision, flagged
from upi_risk.domain.policy import RiskPolicy

Rank = Callable[[Sequence[int], Sequence[float]], tuple[float, float]]
"""The AUC and the average precision of scores, given labels of both kinds."""

Evaluate = Callable[[Examples, Sequence[float], RiskPolicy, int], Evaluation]
"""Every figure with its interval; the last argument seeds the draws."""


def measure(rank: Rank, meaning: Meaning, unit: float, test: Examples, raw: Sequence[float]) -> Measured:
    """The figures that are told for every unit.

    Args:
        rank: computes the two that need a sort.
        meaning: of the model's raw answers.
        unit: what amounts were multiplied with.
        test: payments of both kinds.
        raw: the model's answer to each.
    """
    policy, labels, scores = RiskPolicy(), test.labels.tolist(), meaning.scores(raw)
    auc, average_precision = rank(labels, scores)
    levels = [policy.level(round(score, SCORE_DIGITS)) for score in scores]
    return Measured(
        unit=unit,
        rows=test.rows,
        frauds=test.frauds,
        auc=auc,
        average_precision=average_precision,
        card_precision_at_100=card_precision(test.days.tolist(), test.payers.tolist(), scores, labels),
        brier=brier([meaning.calibrated(answer) for answer in raw], labels),
        flagged=(
            flagged(policy.medium_from, (level is not Level.LOW for level in levels), labels),
            flagged(policy.high_above, (level is Level.HIGH for level in levels), labels),
        ),
    )
