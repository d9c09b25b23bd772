"""How well scores rank fraud above good payments."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.metrics import average_precision_score, roc_auc_score


def rank(labels: Sequence[int], scores: Sequence[float]) -> tuple[float, float]:
    """The area under the ROC curve, and the average precision.

    Args:
        labels: 1 for each fraud, else 0; both kinds occur.
        scores: what the model said.
    """
    return float(roc_auc_score(labels, scores)), float(average_precision_score(labels, scores))
