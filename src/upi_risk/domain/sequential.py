"""Tests that may be looked at every day: always-valid p-values and confidence sequences.

The mixture sequential probability ratio test of Robbins (1970) for a normal mean, in the form that Johari, Koomen,
Pekelis and Walsh give it for A/B tests ("Always Valid Inference", Operations Research 70(3), 2022, arXiv:1512.04922):
under no difference, the chance that it *ever* calls one is at most alpha, however often somebody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log, sqrt


class ClusterSums:
    """The ratio of two totals over payers, with its variance: payments of one payer are alike and count together.

    Attributes:
        base: the total below the line.
        total: the total above it.
    """

    def __init__(self) -> None:
        self.base = 0.0
        self.total = 0.0
        self._base_squares = 0.0
        self._total_squares = 0.0
        self._products = 0.0
        self._payers: dict[str, tuple[float, float]] = {}

    def add(self, payer: str, base: float, total: float) -> None:
        """Add to a payer's two sums."""
        old_base, old_total = self._payers.get(payer, (0.0, 0.0))
        new_base, new_total = old_base + base, old_total + total
        self._payers[payer] = (new_base, new_total)
        self.base += base
        self.total += total
        self._base_squares += new_base * new_base - old_base * old_base
        self._total_squares += new_total * new_total - old_total * old_total
        self._products += new_base * new_total - old_base * old_total

    @property
    def ratio(self) -> float:
        """The total by the base; 0 where there is no base."""
        return self.total / self.base if self.base else 0.0

    @property
    def variance(self) -> float:
        """Of the ratio, by the delta method over payers; 0 where there is no base."""
        return self.variance_around(self.ratio)

    def variance_around(self, ratio: float) -> float:
        """Of the ratio, if this were the true one; 0 where there is no base."""
        if not self.base:
            return 0.0
        squares = self._total_squares - 2 * ratio * self._products + ratio * ratio * self._base_squares
        return max(squares, 0.0) / (self.base * self.base)


@dataclass(frozen=True, slots=True)
class Contrast:
    """How far a challenger's figure is from a champion's, as a share of the champion's.

    Attributes:
        value: -0.1 is ten percent less.
        variance: of the difference, as a share of the champion's figure squared. That figure counts as known: what is
            tested is whether there is a difference at all, and then it is only a unit.
    """

    value: float
    variance: float

    @classmethod
    def between(cls, champion: ClusterSums, challenger: ClusterSums) -> Contrast | None:
        """Of ratios over different payers; None while one of them has no base.

        A champion whose total is less than 1 (one event, one rupee) counts as if it were 1.
        """
        if not champion.base or not challenger.base:
            return None
        ratio = max(champion.total, 1.0) / champion.base
        return cls(challenger.ratio / ratio - 1, (challenger.variance + champion.variance) / (ratio * ratio))

    @classmethod
    def paired(cls, both: ClusterSums) -> Contrast | None:
        """Of totals over the same payments, the champion's being the base; None while there is none.

        Where the champion's total is less than 1, nothing can be said as a share of it.
        """
        return cls(both.ratio - 1, both.variance_around(1.0)) if both.base >= 1 else None

    def p_value(self, expected: float) -> float:
        """The chance, at most, of ever seeing as much where there is no difference.

        Args:
            expected: the standard deviation of the mixture: differences of about this size are found soonest.
        """
        if self.variance <= 0:
            return 1.0
        mixed = self.variance + expected * expected
        squares = expected * expected * self.value * self.value / (self.variance * mixed)
        return min(1.0, exp(-(squares + log(self.variance / mixed)) / 2))

    def reach(self, expected: float, alpha: float) -> float:
        """Half the width of the confidence sequence: it ever leaves the truth out with a chance of alpha at most."""
        if self.variance <= 0:
            return inf
        square = expected * expected
        mixed = self.variance + square
        return sqrt(self.variance * mixed / square * (log(mixed / self.variance) - 2 * log(alpha)))
