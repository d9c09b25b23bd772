"""A model whose working anybody can follow: a weighted sum."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from upi_risk.domain.backtest import Column
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard, Scored


class WeightedScorer:
    """The log-odds of fraud are a bias and a weight times each feature's value, squeezed so that none outgrows all."""

    def __init__(self, card: ModelCard, bias: float, weights: Sequence[float]) -> None:
        self._card = card
        self._bias = bias
        self._weights = tuple(weights)

    @classmethod
    def open(cls, model: bytes, card: ModelCard) -> WeightedScorer:
        """Read ``{"bias": ..., "weights": [...]}``.

        Raises:
            ModelRejectedError: it is no such document, or has other weights than the card has features.
        """
        try:
            document = json.loads(model)
            scorer = cls(card, float(document["bias"]), [float(weight) for weight in document["weights"]])
        except (ValueError, TypeError, KeyError) as error:
            message = f"Model {card.version} cannot be loaded: its file is damaged; restore it or train anew."
            raise ModelRejectedError(message) from error
        if len(scorer._weights) != len(card.features):
            message = f"Model {card.version} does not take the features that its card names; train it anew."
            raise ModelRejectedError(message)
        return scorer

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        return self._card

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        """A probability of fraud and each feature's part in it; see the port."""
        return [self._scored(vector) for vector in vectors]

    def probabilities(self, columns: Sequence[Column]) -> list[float]:
        """The probability of fraud for each payment; see :class:`upi_risk.domain.backtest.BulkScorer`."""
        rows = zip(*(map(float, column) for column in columns), strict=True)
        return [scored.probability for scored in self.score(list(rows))]

    def _scored(self, vector: Vector) -> Scored:
        if len(vector) != len(self._weights) or not all(map(math.isfinite, vector)):
            message = f"A vector for model {self._card.version} must be {len(self._weights)} finite numbers."
            raise ValueError(message)
        parts = tuple(weight * math.atan(value) for weight, value in zip(self._weights, vector, strict=True))
        return Scored(1 / (1 + math.exp(-self._bias - sum(parts))), parts)
