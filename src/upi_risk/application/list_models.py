"""Which models there are."""

from __future__ import annotations

from dataclasses import dataclass

from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.ports import ModelStore
from upi_risk.domain.registry import ModelRegistry, ModelSheet


@dataclass(frozen=True, slots=True)
class Listed:
    """One model.

    Attributes:
        serving: whether it is the one that is to serve.
        sheet: what is known of it; None if that cannot be read.
    """

    version: str
    serving: bool
    sheet: ModelSheet | None


class ListModels:
    """What the registry knows; nothing is loaded."""

    def __init__(self, models: ModelStore, registry: ModelRegistry) -> None:
        self._models = models
        self._registry = registry

    def __call__(self) -> list[Listed]:
        """Every model, oldest first."""
        try:
            serving = self._models.current()
        except ModelRejectedError:
            serving = ""
        return [Listed(version, version == serving, self._sheet(version)) for version in self._models.versions()]

    def _sheet(self, version: str) -> ModelSheet | None:
        try:
            return self._registry.sheet(version)
        except ModelRejectedError:
            return None
