"""Folders in which models are made."""

from __future__ import annotations

import shutil
from pathlib import Path

from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.retraining import Bench


class FileWorkshop:
    """``<models>/../making/<version>/{export, model}``: on the file system of the models, so that a model moves whole.

    See :class:`upi_risk.domain.retraining.Workshop`.
    """

    def __init__(self, models: Path) -> None:
        """``models`` is where those that may be served are."""
        self._models = models
        self._making = models.parent / "making"

    def bench(self, day: str) -> Bench:
        """Empty folders for the model of a day; see the port."""
        name, number = f"v{day.replace('-', '.')}", 1
        version = name
        while (self._models / version).exists():
            number += 1
            version = f"{name}-{number}"
        place = self._making / version
        if place.exists():
            shutil.rmtree(place)
        for part in ("export", "model"):
            (place / part).mkdir(parents=True)
        return Bench(version, place / "export", place / "model")

    def register(self, bench: Bench) -> None:
        """Put the finished model beside the others by one renaming; see the port."""
        try:
            bench.model.rename(self._models / bench.version)
        except OSError as error:
            message = f"{bench.version} cannot be put into {self._models}: {error.strerror}; make room for it."
            raise ModelRejectedError(message) from error

    def clear(self, bench: Bench) -> None:
        """Remove the history, and a model that was not registered."""
        shutil.rmtree(bench.export.parent, ignore_errors=True)
