"""Trained models as folders beside a file that names the one to serve."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from upi_risk.adapters.files.model_folder import ModelFolders, OpenScorer
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.model import VERSION_NAME
from upi_risk.domain.ports import Scorer

CURRENT: Final = "CURRENT"


class FileModelStore:
    """``<root>/<version>/{fraud_classifier.cbm, card.json}`` and ``<root>/CURRENT``."""

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


def _checked(name: str) -> str:
    """A name that cannot lead out of the folder."""
    if VERSION_NAME.fullmatch(name) is None:
        raise ModelRejectedError(f"{name[:64]!r} is no version's name; a name looks like v1.0.")
    return name


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers within names by their value: v1.9 before v1.10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
