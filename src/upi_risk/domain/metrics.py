"""Figures that say what a model's scores are worth, on payments whose outcome is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

CARDS_A_DAY: Final = 100
"""How many payers an analyst can look at in a day, as the Fraud Detection Handbook has it."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """What comes of acting on scores from a threshold on.

    Attributes:
        threshold: where the level begins.
        alerts: payments flagged.
        caught: of these, fraud.
        frauds: all fraud there was.
    """

    threshold: float
    alerts: int
    caught: int
    frauds: int

    @property
    def precision(self) -> float:
        """The share of flagged payments that was fraud; 0 when nothing was flagged."""
        return self.caught / self.alerts if self.alerts else 0.0

    @property
    def recall(self) -> float:
        """The share of fraud that was flagged; 0 when there was none."""
        return self.caught / self.frauds if self.frauds else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 when both are."""
        flagged_or_fraud = self.alerts + self.frauds
        return 2 * self.caught / flagged_or_fraud if flagged_or_fraud else 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """A model on one test period.

    Attributes:
        unit: what amounts were multiplied with.
        rows: payments in the test.
        frauds: of these, fraud.
        auc: the chance that a fraud scores above a good payment.
        average_precision: the mean precision over all thresholds, weighted by the recall gained.
        card_precision_at_100: see :func:`card_precision`.
        brier: the mean squared difference between calibrated probability and outcome; lower is better.
        flagged: at the policy's thresholds, ascending.
    """

    unit: float
    rows: int
    frauds: int
    auc: float
    average_precision: float
    card_precision_at_100: float
    brier: float
    flagged: tuple[Flagged, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Scores up to an edge: the fraud that was expected of them, and the fraud that came.

    Attributes:
        upto: the band's upper end.
        rows: payments in it.
        expected: the share of fraud that the confidence curve gives.
        observed: the share that was fraud.
    """

    upto: float
    rows: int
    expected: float
    observed: float


def flagged(threshold: float, flags: Iterable[bool], labels: Iterable[int]) -> Flagged:
    """Count what a threshold flags.

    Args:
        threshold: for the record.
        flags: whether each payment is flagged.
        labels: 1 for each fraud, else 0.
    """
    alerts = caught = frauds = 0
    for flag, label in zip(flags, labels, strict=True):
        alerts += flag
        frauds += label
        caught += flag and label
    return Flagged(threshold, alerts, caught, frauds)


def brier(scores: Sequence[float], labels: Sequence[int]) -> float:
    """The mean squared difference between score and outcome, of at least one payment."""
    return sum((score - label) ** 2 for score, label in zip(scores, labels, strict=True)) / len(scores)


def card_precision(
    days: Sequence[int], payers: Sequence[int], scores: Sequence[float], labels: Sequence[int], cards: int = CARDS_A_DAY
) -> float:
    """The share of fraud victims among the payers whom an analyst would look at, a mean over days.

    Each day the payers with the highest score of the day are looked at; those with a fraud that day are found, and left
    out on later days. Of payers with equal scores the lower number comes first. Source: Le Borgne et al., Reproducible
    Machine Learning for Credit Card Fraud Detection, chapter 4.3 (``card_precision_top_k_day``).

    Args:
        days: the day of each payment, ascending.
        payers: who paid.
        scores: what the model said.
        labels: 1 for each fraud, else 0.
        cards: how many payers are looked at each day.
    """
    found: set[int] = set()
    shares = []
    rows = zip(days, payers, scores, labels, strict=True)
    for _, payments in groupby(rows, key=lambda row: row[0]):
        best: dict[int, tuple[float, int]] = {}
        for _, payer, score, label in payments:
            high, victim = best.get(payer, (score, 0))
            best[payer] = (max(high, score), victim | label)
        ranked = sorted((-high, payer, victim) for payer, (high, victim) in best.items() if payer not in found)
        hits = {payer for _, payer, victim in ranked[:cards] if victim}
        shares.append(len(hits) / cards)
        found |= hits
    return sum(shares) / len(shares) if shares else 0.0
