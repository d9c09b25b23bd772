"""What a model's scores are worth on later payments, each figure with how far chance may have moved it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALERT_RATES: Final = (0.001, 0.005, 0.01)
"""Shares of payments that a team could look into."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval: what it came to when payers were drawn again.

    Attributes:
        value: on the test as it is.
        low: 2.5 % of the draws are below.
        high: 2.5 % of the draws are above.
    """

    value: float
    low: float
    high: float


class Cut(StrEnum):
    """Where a score is acted on."""

    MEDIUM = "medium"
    HIGH = "high"
    BEST_F1 = "best_f1"
    RATE_0_1 = "alerts_0.1_percent"
    RATE_0_5 = "alerts_0.5_percent"
    RATE_1 = "alerts_1_percent"


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What comes of acting on scores from a cut on: VERIFY or BLOCK there, ALLOW below.

    Attributes:
        cut: which one. The best F1 is looked for on the test itself, so a later period will not quite reach it.
        threshold: the lowest score acted on.
        alerts: payments acted on.
        precision: the share of alerts that was fraud.
        recall: the share of frauds among the alerts.
        f1: the harmonic mean of both.
        rupees_saved: the amounts of the frauds among the alerts.
        rupee_recall: their share of all money lost to fraud.
        good_stopped: good payments among the alerts.
    """

    cut: Cut
    threshold: float
    alerts: int
    precision: Estimate
    recall: Estimate
    f1: Estimate
    rupees_saved: Estimate
    rupee_recall: Estimate
    good_stopped: Estimate


@dataclass(frozen=True, slots=True)
class Part:
    """A model on a part of the test. The figures are None where the part lacks frauds or lacks good payments.

    Attributes:
        name: a month, ``2026-01``, or a fraud pattern as the file names it.
        rows: payments; with a pattern, its frauds and all good payments.
        frauds: of these, fraud.
        auc: the chance that a fraud scores above a good payment.
        average_precision: the mean precision over all thresholds, weighted by the recall gained.
        recall: the share of frauds that is MEDIUM or HIGH.
        rupee_recall: the share of the money lost to fraud that is MEDIUM or HIGH.
    """

    name: str
    rows: int
    frauds: int
    auc: Estimate | None = None
    average_precision: Estimate | None = None
    recall: Estimate | None = None
    rupee_recall: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A model on its test period.

    Attributes:
        rows: payments.
        frauds: of these, fraud.
        repetitions: how often payers were drawn again; all payments of a payer are drawn together.
        seed: of the draws.
        auc: the chance that a fraud scores above a good payment.
        average_precision: the mean precision over all thresholds, weighted by the recall gained.
        card_precision_at_100: see :func:`upi_risk.domain.metrics.card_precision`.
        points: one for each :class:`Cut`, in its order.
        by_month: UTC months, in order.
        by_pattern: the file's fraud patterns; empty when it names none.
    """

    rows: int
    frauds: int
    repetitions: int
    seed: int
    auc: Estimate
    average_precision: Estimate
    card_precision_at_100: Estimate
    points: tuple[OperatingPoint, ...]
    by_month: tuple[Part, ...]
    by_pattern: tuple[Part, ...]

    def at(self, cut: Cut) -> OperatingPoint:
        """What comes of acting from a cut on."""
        return next(point for point in self.points if point.cut is cut)
