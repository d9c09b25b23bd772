"""What a model must bring along to be allowed to serve."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final, NamedTuple

from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.feature_sets import FEATURE_SETS, FeatureSet
from upi_risk.domain.features import Vector
from upi_risk.domain.meaning import AS_IT_IS, Meaning

VERSION_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A model's name; it is also its folder's, and cannot lead out of where models are kept."""

CANARY_TOLERANCE: Final = 1e-9
"""Canary rows must score as they did at training, up to the last bits of another processor's floating point."""


@dataclass(frozen=True, slots=True)
class ConfidenceCurve:
    """How often held-out payments with a like score were fraud: what the score's side is worth.

    Attributes:
        edges: upper ends of the bands of scores, ascending, the last 1.0.
        fraud_rates: the share of fraud in each band, smoothed by one payment of either kind.
    """

    edges: tuple[float, ...]
    fraud_rates: tuple[float, ...]

    def at(self, score: float) -> float:
        """How sure it is that a payment with this score is what most such payments were, 0.5 to 1."""
        rate = self.fraud_rates[min(bisect_left(self.edges, score), len(self.edges) - 1)]
        return max(rate, 1 - rate)


@dataclass(frozen=True, slots=True)
class Canary:
    """A feature vector and the raw probability that the model gave it when it was made."""

    vector: Vector
    probability: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a trained model is and how it can be recognised.

    Attributes:
        version: its name, ``v1.0``.
        feature_set: ``baseline``, the 14, or ``extended``.
        features: their names in the order of the vector.
        fingerprint: what they compute, :attr:`upi_risk.domain.feature_sets.FeatureSet.fingerprint`.
        sha256: of the model file, hexadecimal.
        confidence: measured on held-out time.
        canaries: rows with known raw answers.
        meaning: what a raw answer is worth, and its place on the scale of scores.
    """

    version: str
    feature_set: str
    features: tuple[str, ...]
    fingerprint: str
    sha256: str
    confidence: ConfidenceCurve
    canaries: tuple[Canary, ...]
    meaning: Meaning = AS_IT_IS

    @property
    def set(self) -> FeatureSet:
        """The set of features; the card fits this release (:meth:`require_fit`)."""
        return FEATURE_SETS[self.feature_set]

    def require_fit(self, sha256: str) -> None:
        """Refuse a model that this code's features, or its own file, do not fit.

        Args:
            sha256: of the model file as found.

        Raises:
            ModelRejectedError: what does not match, and what to do.
        """
        if sha256 != self.sha256:
            message = f"Model {self.version}: the file is not the one its card describes; restore it or train anew."
            raise ModelRejectedError(message)
        known = FEATURE_SETS.get(self.feature_set)
        if known is None or (self.features, self.fingerprint) != (known.names, known.fingerprint):
            message = f"Model {self.version} was trained on other features than this release computes; train it anew."
            raise ModelRejectedError(message)
        if not self.canaries:
            raise ModelRejectedError(f"Model {self.version} brings no rows to try it on; train it anew.")

    def require_canaries(self, probabilities: list[float]) -> None:
        """Refuse a model that no longer scores its canary rows as it did.

        Raises:
            ModelRejectedError: when one differs by more than :data:`CANARY_TOLERANCE`, or is no probability.
        """
        for canary, probability in zip(self.canaries, probabilities, strict=True):
            if not abs(canary.probability - probability) <= CANARY_TOLERANCE:
                message = f"Model {self.version} scores its own rows otherwise than at training; restore its file."
                raise ModelRejectedError(message)


class Scored(NamedTuple):
    """A model's view of one vector.

    Attributes:
        probability: the model's raw answer, 0 to 1; the card's :class:`~upi_risk.domain.meaning.Meaning` says what it
            is worth.
        contributions: what each feature added to its log-odds, in the order of the vector.
    """

    probability: float
    contributions: tuple[float, ...]
