"""Naming the model that is to serve, after proving that it can."""

from __future__ import annotations

from collections.abc import Callable

from upi_risk.domain.audit import Deed
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import ModelStore
from upi_risk.domain.registry import ModelRegistry


def _forget(_deed: Deed, _version: str) -> None:
    """Write nothing down."""


class ChooseModel:
    """Promote and roll back; running services notice by themselves."""

    def __init__(
        self,
        models: ModelStore,
        registry: ModelRegistry,
        note: Callable[[Deed, str], None] = _forget,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Choose.

        Args:
            models: where models are.
            registry: which of them serves.
            note: writes down what is done to which version; it is called when the model has proven that it loads.
            tell: hears the version that is to serve, once it is.
        """
        self._models = models
        self._registry = registry
        self._note = note
        self._tell = tell

    def promote(self, version: str) -> ModelCard:
        """Have a version serve.

        Raises:
            ModelRejectedError: it does not load, and the old one goes on serving; or its name cannot be written.
        """
        card = self._models.load(version).card
        self._note(Deed.MODEL_PROMOTED, version)
        self._registry.promote(version)
        self._tell(version)
        return card

    def roll_back(self) -> ModelCard:
        """Have the version serve that served before.

        Raises:
            ModelRejectedError: there is none, or it does not load; the present one goes on serving.
        """
        previous = self._registry.previous()
        if previous is None:
            raise ModelRejectedError("No model served before this one; name one with upi-risk models promote.")
        card = self._models.load(previous).card
        self._note(Deed.MODEL_ROLLED_BACK, previous)
        self._registry.roll_back()
        self._tell(previous)
        return card
