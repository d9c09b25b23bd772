"""Trained models that are handed over."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from upi_risk.adapters.memory.scorer import WeightedScorer
from upi_risk.domain.drift import Reference
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import Scorer
from upi_risk.domain.registry import ModelSheet


@dataclass(slots=True)
class MemoryModelStore:
    """Models by version, as a ModelStore and a ModelRegistry.

    Attributes:
        models: the content of a model file and its card; a model is what :meth:`WeightedScorer.open` reads.
        serving: the version that is to serve.
        served: versions that served before, the latest last.
        references: how the features of some were spread in training.
    """

    models: dict[str, tuple[bytes, ModelCard]] = field(default_factory=dict)
    serving: str | None = None
    served: list[str] = field(default_factory=list)
    references: dict[str, Reference] = field(default_factory=dict)

    def versions(self) -> list[str]:
        """Every version, oldest first by name in natural order; see the port."""
        return sorted(self.models, key=_natural)

    def current(self) -> str:
        """The version that is to serve; see the port."""
        if self.serving is None:
            raise ModelRejectedError("No model is named to serve; name one.")
        return self.serving

    def load(self, version: str) -> Scorer:
        """A model, proven intact; see the port."""
        model, card = self._held(version)
        if card.version != version:
            message = f"The name {version} holds the model {card.version}; give it back its own name."
            raise ModelRejectedError(message)
        card.require_fit(hashlib.sha256(model).hexdigest())
        scorer = WeightedScorer.open(model, card)
        card.require_canaries([scored.probability for scored in scorer.score([c.vector for c in card.canaries])])
        return scorer

    def sheet(self, version: str) -> ModelSheet:
        """What is known of a model; see the port."""
        return ModelSheet(self._held(version)[1])

    def reference(self, version: str) -> Reference | None:
        """How a model's features were spread in training, where that was said."""
        return self.references.get(version)

    def previous(self) -> str | None:
        """The version that served before; see the port."""
        return self.served[-1] if self.served else None

    def promote(self, version: str) -> None:
        """Name the version to serve; see the port."""
        self._held(version)
        if self.serving not in {None, version}:
            self.served.append(str(self.serving))
        self.serving = version

    def roll_back(self) -> None:
        """Name the previous version again; see the port."""
        if not self.served:
            raise ModelRejectedError("No model served before this one; name one.")
        self.serving = self.served.pop()

    def _held(self, version: str) -> tuple[bytes, ModelCard]:
        if version not in self.models:
            raise ModelRejectedError(f"There is no model {version[:64]!r}; name another version.")
        return self.models[version]


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers within names by their value: v1.9 before v1.10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
