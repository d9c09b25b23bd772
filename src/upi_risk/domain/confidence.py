"""How sure a score makes us, learned from what payments with like scores turned out to be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

from upi_risk.domain.metrics import Band
from upi_risk.domain.model import ConfidenceCurve

SCORE_DIGITS: Final = 4
"""Scores are answered to this many digits, and judged so."""

FINEST_EDGES: Final = (
    0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 1.0,
)  # fmt: skip
"""Upper ends of the bands, as long as each tells something."""


def fit_confidence(scores: Sequence[float], labels: Sequence[int]) -> ConfidenceCurve:
    """The curve that held-out payments show.

    Bands are joined until a higher score never means less fraud. One that few payments fell into stays near one half,
    for they tell little.

    Args:
        scores: what the model said of each, 0 to 1.
        labels: 1 for each fraud, else 0.
    """
    bands: list[tuple[float, int, int]] = []
    for upto, rows, frauds in _counted(FINEST_EDGES, scores, labels):
        band = (upto, rows, frauds)
        while bands and _rate(*band[1:]) <= _rate(*bands[-1][1:]):
            _, below, below_frauds = bands.pop()
            band = (upto, band[1] + below, band[2] + below_frauds)
        bands.append(band)
    return ConfidenceCurve(
        edges=tuple(upto for upto, _, _ in bands),
        fraud_rates=tuple(_rate(rows, frauds) for _, rows, frauds in bands),
    )


def check_confidence(curve: ConfidenceCurve, scores: Sequence[float], labels: Sequence[int]) -> tuple[Band, ...]:
    """What the curve says of payments that it was not learned from, beside what they were; empty bands left out."""
    counted = _counted(curve.edges, scores, labels)
    return tuple(
        Band(upto, rows, expected, frauds / rows)
        for (upto, rows, frauds), expected in zip(counted, curve.fraud_rates, strict=True)
        if rows
    )


def _counted(edges: Sequence[float], scores: Sequence[float], labels: Sequence[int]) -> list[tuple[float, int, int]]:
    """Upper end, payments and frauds of each band."""
    rows, frauds = [0] * len(edges), [0] * len(edges)
    for score, label in zip(scores, labels, strict=True):
        band = bisect_left(edges, round(score, SCORE_DIGITS))
        rows[band] += 1
        frauds[band] += label
    return list(zip(edges, rows, frauds, strict=True))


def _rate(rows: int, frauds: int) -> float:
    """The share of fraud, smoothed by one payment of either kind."""
    return (frauds + 1) / (rows + 2)
