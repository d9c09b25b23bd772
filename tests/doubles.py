"""Stand-ins for what is not under test. They keep the ports' promises: their contract suites run on them too."""

from __future__ import annotations

from collections.abc import Sequence

from upi_risk.domain.backtest import Column
from upi_risk.domain.features import NAMES, Vector, fingerprint
from upi_risk.domain.model import Canary, ConfidenceCurve, ModelCard, Scored

FULL_RISK_RUPEES = 10_000.0
_AMOUNT = NAMES.index("amount")

CURVE = ConfidenceCurve(edges=(0.35, 0.65, 1.0), fraud_rates=(0.02, 0.40, 0.90))


class AmountScorer:
    """A model whose probability is the amount over ten thousand rupees, at most 0.99: 3,500 begins to be MEDIUM.

    Attributes:
        batches: how many vectors each call was given.
    """

    def __init__(self) -> None:
        self.batches: list[int] = []
        probe = tuple(500.0 if name == "amount" else 0.0 for name in NAMES)
        self.card = ModelCard(
            version="v0-amount",
            feature_set="baseline",
            features=NAMES,
            fingerprint=fingerprint(),
            sha256="0" * 64,
            confidence=CURVE,
            canaries=(Canary(probe, 0.05),),
        )

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        """See the class."""
        self.batches.append(len(vectors))
        return [_scored(vector) for vector in vectors]

    def probabilities(self, columns: Sequence[Column]) -> list[float]:
        """See the class."""
        return [scored.probability for scored in self.score(list(zip(*columns, strict=True)))]


def _scored(vector: Vector) -> Scored:
    probability = min(vector[_AMOUNT] / FULL_RISK_RUPEES, 0.99)
    contributions = tuple(probability if index == _AMOUNT else 0.01 for index in range(len(NAMES)))
    return Scored(probability, contributions)
