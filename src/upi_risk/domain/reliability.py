"""Whether probabilities can be taken at their word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from upi_risk.domain.metrics import brier

EDGES: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
"""Upper ends of the bands that probabilities are told in."""

_NEAREST: Final = 1e-15
"""An outcome that was called impossible costs no more than this, as is customary."""


@dataclass(frozen=True, slots=True)
class ReliabilityBand:
    """Payments of which about the same was said.

    Attributes:
        upto: the band's upper end.
        rows: payments in it.
        said: their mean probability.
        came: the share of them that was fraud.
    """

    upto: float
    rows: int
    said: float
    came: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """Probabilities beside what came of the payments.

    Attributes:
        brier: the mean squared difference between probability and outcome; lower is better.
        log_loss: the mean of minus the log of the probability given to what came; lower is better.
        said: the mean probability.
        came: the share of fraud.
        bands: those that payments fell into.
    """

    brier: float
    log_loss: float
    said: float
    came: float
    bands: tuple[ReliabilityBand, ...]


def reliability(probabilities: Sequence[float], labels: Sequence[int]) -> Reliability:
    """Hold probabilities against outcomes.

    Args:
        probabilities: what was said of each of at least one payment, 0 to 1.
        labels: 1 for each fraud, else 0.
    """
    rows, said, came = [0] * len(EDGES), [0.0] * len(EDGES), [0] * len(EDGES)
    loss = 0.0
    for probability, label in zip(probabilities, labels, strict=True):
        band = bisect_left(EDGES, probability)
        rows[band] += 1
        said[band] += probability
        came[band] += label
        loss -= log(max(probability if label else 1 - probability, _NEAREST))
    count = len(labels)
    return Reliability(
        brier=brier(probabilities, labels),
        log_loss=loss / count,
        said=sum(said) / count,
        came=sum(came) / count,
        bands=tuple(
            ReliabilityBand(upto, n, total / n, frauds / n)
            for upto, n, total, frauds in zip(EDGES, rows, said, came, strict=True)
            if n
        ),
    )
