"""Trained models as folders beside a file that names the one to serve."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from upi_risk.adapters.files.model_folder import ModelFolders, OpenScorer, read_folder_reference, write_whole
from upi_risk.domain.drift import Reference
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import VERSION_NAME
from upi_risk.domain.ports import Scorer
from upi_risk.domain.registry import ModelSheet

CURRENT: Final = "CURRENT"
SERVED: Final = "SERVED"
"""Versions that served before, a line each, the latest last."""


class FileModelStore:
    """``<root>/<version>/{fraud_classifier.cbm, card.json}``, ``<root>/CURRENT`` and ``<root>/SERVED``.

    A ModelStore and a ModelRegistry. Each file is replaced as a whole. SERVED is written before CURRENT names another
    version, and after CURRENT names an earlier one: a crash between the two leaves the present version on SERVED,
    where it is passed over.
    """

    def __init__(self, root: Path, open_scorer: OpenScorer) -> None:
        """Look into a folder of models.

        Args:
            root: ``artifacts/models``.
            open_scorer: knows the format of the model file.
        """
        self._root = root
        self._folders = ModelFolders(open_scorer)

    def versions(self) -> list[str]:
        """Every version, oldest first by name in natural order; see the port."""
        if not self._root.is_dir():
            return []
        names = [path.name for path in self._root.iterdir() if path.is_dir() and VERSION_NAME.fullmatch(path.name)]
        return sorted(names, key=_natural)

    def current(self) -> str:
        """The version that is to serve; see the port."""
        file = self._root / CURRENT
        try:
            name = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"{file} names no model to serve; write a version into it, or train one."
            raise ModelRejectedError(message) from error
        return _checked(name)

    def load(self, version: str) -> Scorer:
        """A model, proven intact; see the port."""
        scorer = self._folders.take(self._root / _checked(version))
        if scorer.card.version != version:
            message = f"The folder {version} holds the model {scorer.card.version}; give it back its own name."
            raise ModelRejectedError(message)
        return scorer

    def sheet(self, version: str) -> ModelSheet:
        """What is known of a model; see the port."""
        return self._folders.sheet(self._root / _checked(version))

    def reference(self, version: str) -> Reference | None:
        """How a model's features were spread in training; see :class:`upi_risk.domain.monitoring.References`."""
        return read_folder_reference(self._root / _checked(version))

    def previous(self) -> str | None:
        """The version that served before; see the port."""
        served = self._served()
        return served[-1] if served else None

    def promote(self, version: str) -> None:
        """Name the version to serve; see the port."""
        self.sheet(version)
        serving = self._serving()
        if serving not in {None, version}:
            self._write(SERVED, [*self._served(), str(serving)])
        self._write(CURRENT, [version])

    def roll_back(self) -> None:
        """Name the previous version again; see the port."""
        served = self._served()
        if not served:
            raise ModelRejectedError("No model served before this one; name one with upi-risk models promote.")
        self._write(CURRENT, [served[-1]])
        self._write(SERVED, served[:-1])

    def _serving(self) -> str | None:
        try:
            return self.current()
        except ModelRejectedError:
            return None

    def _served(self) -> list[str]:
        """The names that are ones, without the present one at the end."""
        try:
            lines = (self._root / SERVED).read_text(encoding="utf-8").split()
        except (OSError, UnicodeDecodeError):
            return []
        names, serving = [name for name in lines if VERSION_NAME.fullmatch(name)], self._serving()
        while names and names[-1] == serving:
            names.pop()
        return names

    def _write(self, name: str, lines: list[str]) -> None:
        try:
            write_whole(self._root / name, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            message = f"{self._root / name} cannot be written: {error.strerror}; make it writable."
            raise ModelRejectedError(message) from error


def _checked(name: str) -> str:
    """A name that cannot lead out of the folder."""
    if VERSION_NAME.fullmatch(name) is None:
        raise ModelRejectedError(f"{name[:64]!r} is no version's name; a name looks like v1.0.")
    return name


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers within names by their value: v1.9 before v1.10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
