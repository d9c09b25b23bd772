"""Where a model is made before anybody may serve it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Bench:
    """Folders for one model.

    Attributes:
        version: the name that it will have; nobody has it.
        export: for the history to learn from.
        model: for the model, apart from those that may be served.
    """

    version: str
    export: Path
    model: Path


class Workshop(Protocol):
    """Makes room for new models, and puts finished ones beside those that may serve."""

    def bench(self, day: str) -> Bench:
        """Empty folders for the model of a day (``2026-03-02``); what an earlier attempt of that day left is gone."""

    def register(self, bench: Bench) -> None:
        """Put the finished model beside the others, as a whole. The one that serves goes on.

        Raises:
            ModelRejectedError: it cannot be put there.
        """

    def clear(self, bench: Bench) -> None:
        """Remove the history that was learned from, and a model that was not registered."""
