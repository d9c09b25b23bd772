"""Making models where nothing is kept but names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.retraining import Bench


@dataclass(slots=True)
class MemoryWorkshop:
    """See :class:`upi_risk.domain.retraining.Workshop`.

    Attributes:
        root: of the folders that are named.
        registered: versions beside those that may serve.
        making: benches that were not cleared.
    """

    root: Path
    registered: list[str] = field(default_factory=list)
    making: list[str] = field(default_factory=list)

    def bench(self, day: str) -> Bench:
        """Folders for the model of a day, with a name that nobody has."""
        name, number = f"v{day.replace('-', '.')}", 1
        version = name
        while version in self.registered:
            number += 1
            version = f"{name}-{number}"
        self.making = [*(held for held in self.making if held != version), version]
        return Bench(version, self.root / version / "export", self.root / version / "model")

    def register(self, bench: Bench) -> None:
        """Put the finished model beside the others."""
        if bench.version in self.registered:
            raise ModelRejectedError(f"{bench.version} cannot be registered: there is one of this name.")
        self.registered.append(bench.version)

    def clear(self, bench: Bench) -> None:
        """Forget the bench."""
        self.making = [held for held in self.making if held != bench.version]
