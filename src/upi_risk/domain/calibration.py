"""From a model's raw answer to a probability that can be taken at its word, also where fraud is rarer than it learned.

Pure arithmetic: how the numbers in here are found is told in :mod:`upi_risk.application.calibrate_model`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, log1p
from typing import Final

LEAST_FRAUDS: Final = 50
"""Fewer frauds than this, to learn from or to calibrate on, tell too little to correct a model by: with 50, the share
of fraud is known to a seventh of itself, and three numbers are fitted."""

_NEAREST: Final = 1e-12
"""A model that answers 0 or 1 is taken to be this far from it, for its log-odds to be a number."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Beta calibration: the log-odds of fraud are ``fraud * log(p) - good * log(1 - p) + offset``.

    With ``fraud == good`` it is Platt scaling on log-odds; with 1, 1 and 0 nothing changes. It rises strictly, so that
    the order of payments is what it was. Source: Kull, Silva Filho and Flach (2017), Beta calibration: a well-founded
    and easily implemented improvement on logistic calibration for binary classifiers, AISTATS.

    Attributes:
        fraud: how much low answers are stretched; 0 or more.
        good: how much high answers are stretched; 0 or more, and not 0 like the other.
        offset: added to the log-odds.
    """

    fraud: float
    good: float
    offset: float

    def __post_init__(self) -> None:
        """Refuse numbers with which a higher answer would not mean more fraud."""
        numbers = (self.fraud, self.good, self.offset)
        if not all(map(isfinite, numbers)) or min(self.fraud, self.good) < 0 or self.fraud + self.good <= 0:
            raise ValueError(f"These numbers do not rise with what they calibrate: {numbers}.")

    def __call__(self, raw: float) -> float:
        """The calibrated probability of an answer of 0 to 1."""
        p = min(max(raw, _NEAREST), 1 - _NEAREST)
        return probability_of(self.fraud * log(p) - self.good * log1p(-p) + self.offset)


FitCalibration = Callable[[Sequence[float], Sequence[int]], Calibration]
"""Finds the calibration that makes the outcomes (1 for fraud, else 0) of raw answers most likely."""


@dataclass(frozen=True, slots=True)
class BaseRate:
    """Where a model learned, one payment in so many was fraud; where it serves, another share is.

    Attributes:
        learned: the share of fraud among the payments whose probabilities are to be corrected; between 0 and 1.
        served: the share where the model serves; between 0 and 1.
    """

    learned: float
    served: float

    def __post_init__(self) -> None:
        """Refuse shares that no odds can be computed from."""
        if not (0 < self.learned < 1 and 0 < self.served < 1):
            raise ValueError(f"A share of fraud lies between 0 and 1: {self.learned}, {self.served}.")

    def __call__(self, probability: float) -> float:
        """The probability where the model serves.

        The odds are multiplied with the odds of the served share over those of the learned one: what is fraud and what
        is good looks the same, there is only less or more of either. Source: Elkan (2001), The foundations of
        cost-sensitive learning, IJCAI, theorem 2; Saerens, Latinne and Decaestecker (2002), Neural Computation 14(1).
        """
        fraud = probability * self.fraud_weight
        return fraud / (fraud + (1 - probability) * self.good_weight)

    @property
    def fraud_weight(self) -> float:
        """How many frauds of the served population each learned one stands for."""
        return self.served / self.learned

    @property
    def good_weight(self) -> float:
        """How many good payments each learned one stands for."""
        return (1 - self.served) / (1 - self.learned)


def log_odds(probability: float) -> float:
    """Of a probability; finite, also of 0 and 1."""
    p = min(max(probability, _NEAREST), 1 - _NEAREST)
    return log(p) - log1p(-p)


def probability_of(odds: float) -> float:
    """The probability with these log-odds; never overflows."""
    if odds >= 0:
        return 1 / (1 + exp(-odds))
    grown = exp(odds)
    return grown / (1 + grown)
