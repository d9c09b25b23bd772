"""What a model's raw answer means: the probability of fraud, and the score on the policy's scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from upi_risk.domain.calibration import BaseRate, Calibration
from upi_risk.domain.score_scale import ScoreScale


@dataclass(frozen=True, slots=True)
class Meaning:
    """Calibrate, correct for the base rate, scale.

    Each is left out where it is None, and without all three a raw answer is probability and score at once.

    Attributes:
        calibration: measured on later payments than were learned.
        base_rate: where training had another share of fraud than where the model serves.
        scale: on which 0.35 and 0.65 are the operating points.
    """

    calibration: Calibration | None = None
    base_rate: BaseRate | None = None
    scale: ScoreScale | None = None

    def calibrated(self, raw: float) -> float:
        """The probability of fraud among payments like those learned from."""
        return raw if self.calibration is None else self.calibration(raw)

    def probability(self, raw: float) -> float:
        """The probability of fraud where the model serves."""
        calibrated = self.calibrated(raw)
        return calibrated if self.base_rate is None else self.base_rate(calibrated)

    def score(self, probability: float) -> float:
        """The score of a probability."""
        return probability if self.scale is None else self.scale(probability)

    def scores(self, raw: Iterable[float]) -> list[float]:
        """The scores of raw answers."""
        return [self.score(self.probability(answer)) for answer in raw]

    def __str__(self) -> str:
        """One line, to read and to compare: ``calibrated 0.8, 1.1, -0.2; score 0.35 is a probability of 0.012``."""
        told = []
        if self.calibration is not None:
            told.append(
                f"calibrated {self.calibration.fraud:.4g}, {self.calibration.good:.4g}, {self.calibration.offset:.4g}"
            )
        if self.base_rate is not None:
            told.append(f"fraud {self.base_rate.served:.4g} of payments instead of {self.base_rate.learned:.4g}")
        if self.scale is not None:
            told += [f"score {score:g} is a probability of {p:.4g}" for p, score in self.scale.anchors]
        return "; ".join(told) or "raw answers"


AS_IT_IS = Meaning()
"""A raw answer is the score: models of before there was a scale."""
