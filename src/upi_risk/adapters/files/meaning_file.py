"""The part of ``card.json`` that tells what raw answers mean."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from upi_risk.domain.calibration import BaseRate, Calibration
from upi_risk.domain.meaning import Meaning
from upi_risk.domain.score_scale import ScoreScale


class CalibrationPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Log-odds are ``fraud * log(p) - good * log(1 - p) + offset`` of a raw answer ``p``."""

    fraud: float
    good: float
    offset: float


class BaseRatePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The share of fraud that was learned from, and the one where the model serves."""

    learned: float
    served: float


class Anchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A probability and its score; between anchors the log-odds of both are a straight line, outside of slope 1."""

    probability: float
    score: float


class MeaningPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From a raw answer to a probability, and from that to a score; what is null leaves it as it is."""

    calibration: CalibrationPart | None = None
    base_rate: BaseRatePart | None = None
    scale: tuple[Anchor, ...] | None = None

    @classmethod
    def of(cls, meaning: Meaning) -> MeaningPart:
        """The part of a card's meaning."""
        calibration, base_rate, scale = meaning.calibration, meaning.base_rate, meaning.scale
        part = cls()
        if calibration is not None:
            numbers = CalibrationPart(fraud=calibration.fraud, good=calibration.good, offset=calibration.offset)
            part = replace(part, calibration=numbers)
        if base_rate is not None:
            part = replace(part, base_rate=BaseRatePart(learned=base_rate.learned, served=base_rate.served))
        if scale is not None:
            part = replace(part, scale=tuple(Anchor(probability=p, score=score) for p, score in scale.anchors))
        return part

    def value(self) -> Meaning:
        """The meaning of the part.

        Raises:
            ValueError: with these numbers a higher answer would not be a higher score.
        """
        given, base_rate, scale = self.calibration, self.base_rate, self.scale
        return Meaning(
            None if given is None else Calibration(given.fraud, given.good, given.offset),
            None if base_rate is None else BaseRate(base_rate.learned, base_rate.served),
            None if scale is None else ScoreScale(tuple((anchor.probability, anchor.score) for anchor in scale)),
        )
