"""Payments in falling order of score, and figures of them when each payment counts several times, or not at all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Counted:
    """What lies above a cut, by weight."""

    alerts: float
    caught: float
    rupees: float


class Ranked:
    """Scores, labels and amounts, sorted once; then a draw costs one running total.

    Frauds are few, so everything that hangs on them alone is computed at their places.

    Attributes:
        scores: in falling order.
        payers: in that order.
        frauds: the places of the frauds in that order.
        rupees: their amounts.
        before: for each fraud, how many rows score higher.
        upto: and how many score at least as high.
        frauds_before: the frauds among the former.
        frauds_upto: the frauds among the latter.
    """

    def __init__(self, scores: Floats, labels: npt.NDArray[np.bool_], rupees: Floats, payers: Whole) -> None:
        order = np.argsort(-scores, kind="stable")
        self.scores: Floats = scores[order]
        self.payers = payers[order].astype(np.intp)
        self.frauds: Whole = np.flatnonzero(labels[order])
        self.rupees: Floats = rupees[order][self.frauds]
        at_frauds = -self.scores[self.frauds]
        # Equal scores are one step of every curve: rows before the step, and rows up to its end.
        self.before = np.searchsorted(-self.scores, at_frauds, side="left")
        self.upto = np.searchsorted(-self.scores, at_frauds, side="right")
        self.frauds_before = np.searchsorted(self.frauds, self.before)
        self.frauds_upto = np.searchsorted(self.frauds, self.upto)

    @property
    def both_kinds(self) -> bool:
        """Whether there are frauds and good payments."""
        return 0 < len(self.frauds) < len(self.scores)

    def best_f1(self) -> int:
        """How many rows to act on for the highest F1."""
        f1 = 2 * self.frauds_upto / (self.upto + len(self.frauds))
        return int(self.upto[np.argmax(f1)])

    def drawn(self, weights: Floats | None = None) -> Draw:
        """The same payments, each as often as its payer.

        Args:
            weights: how often each payer, whole numbers; None: each once.
        """
        each = np.ones(len(self.scores)) if weights is None else weights.take(self.payers)
        at_frauds = each[self.frauds]
        return Draw(self, _running(each), at_frauds, _running(at_frauds), _running(at_frauds * self.rupees))


@dataclass(frozen=True, slots=True)
class Draw:
    """Figures of a draw; NaN where it holds no frauds or no good payments.

    Attributes:
        ranked: what was drawn from.
        rows: running total of weights, one longer than the rows.
        weights: of the frauds.
        frauds: running total of them.
        rupees: running total of their amounts.
    """

    ranked: Ranked
    rows: Floats
    weights: Floats
    frauds: Floats
    rupees: Floats

    def auc(self) -> float:
        """The chance that a fraud scores above a good payment; equal scores count half."""
        of = self.ranked
        before = self.rows[of.before] - self.frauds[of.frauds_before]
        upto = self.rows[of.upto] - self.frauds[of.frauds_upto]
        good, frauds = self.rows[-1] - self.frauds[-1], self.frauds[-1]
        if not good or not frauds:
            return np.nan
        return float(1 - (self.weights @ (before + upto)) / (2 * good * frauds))

    def average_precision(self) -> float:
        """The mean over frauds of the precision down to each."""
        of = self.ranked
        if not self.frauds[-1]:
            return np.nan
        alerts = np.maximum(self.rows[of.upto], 1)  # a fraud drawn weighs 1, one not drawn counts for nothing
        return float(self.weights @ (self.frauds[of.frauds_upto] / alerts) / self.frauds[-1])

    def top(self, count: int) -> Counted:
        """What lies in the first rows."""
        frauds = np.searchsorted(self.ranked.frauds, count)
        return Counted(float(self.rows[count]), float(self.frauds[frauds]), float(self.rupees[frauds]))

    def share(self, rate: float) -> int:
        """How many of the first rows are a share of all, by weight."""
        return int(np.searchsorted(self.rows[1:], rate * self.rows[-1], side="right"))


def _running(values: Floats) -> Floats:
    total = np.zeros(len(values) + 1)
    np.cumsum(values, out=total[1:])
    return total
