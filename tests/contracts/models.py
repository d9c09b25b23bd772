"""Model stores and scorers of either kind, with ways to put things into them."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from pathlib import Path

from tests.learning import a_card, a_record, a_small_model, some_vectors
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.card_file import write_card
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.memory import MemoryModelStore, WeightedScorer
from upi_risk.domain.features import NAMES
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import ModelStore, Scorer
from upi_risk.domain.registry import ModelRegistry

_WEIGHTS = json.dumps({"bias": -1.0, "weights": [0.1 * number for number in range(len(NAMES))]}).encode()


class Models(ABC):
    """A store under test; it is a registry, too."""

    store: ModelStore
    registry: ModelRegistry

    @abstractmethod
    def good(self) -> tuple[bytes, ModelCard]:
        """A model file's content and its card, ``v1.0``."""

    @abstractmethod
    def put(self, name: str, model: bytes, card: ModelCard) -> None:
        """Put a model there, right or wrong."""

    @abstractmethod
    def serve(self, name: str) -> None:
        """Name the model to serve."""


class MemoryModels(Models):
    """In memory."""

    def __init__(self) -> None:
        self.store = self.registry = self._held = MemoryModelStore()

    def good(self) -> tuple[bytes, ModelCard]:
        return _WEIGHTS, a_weighted().card

    def put(self, name: str, model: bytes, card: ModelCard) -> None:
        self._held.models[name] = (model, card)

    def serve(self, name: str) -> None:
        self._held.serving = name


class FileModels(Models):
    """In folders."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.store = self.registry = FileModelStore(root, open_scorer)

    def good(self) -> tuple[bytes, ModelCard]:
        return a_small_model()

    def put(self, name: str, model: bytes, card: ModelCard) -> None:
        folder = self._root / name
        folder.mkdir(parents=True)
        (folder / "fraud_classifier.cbm").write_bytes(model)
        (folder / "card.json").write_bytes(write_card(card, a_record()))

    def serve(self, name: str) -> None:
        (self._root / "CURRENT").write_text(f"{name}\n", encoding="utf-8")


def a_weighted() -> Scorer:
    """A weighted sum with a card that fits it."""
    vectors = some_vectors(20)
    document = a_card(_WEIGHTS, vectors, [0.5] * len(vectors))
    probabilities = [scored.probability for scored in WeightedScorer.open(_WEIGHTS, document).score(vectors)]
    return WeightedScorer.open(_WEIGHTS, a_card(_WEIGHTS, vectors, probabilities))
