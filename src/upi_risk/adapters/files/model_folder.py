"""A folder that holds one model: the model, its card, its figures, how features were spread, and two pages on it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from upi_risk.adapters.files.card_file import CardFile, write_card
from upi_risk.adapters.files.card_page import write_card_page
from upi_risk.adapters.files.card_reading import read_card
from upi_risk.adapters.files.metrics_file import write_metrics
from upi_risk.adapters.files.reference_file import read_reference, write_reference
from upi_risk.domain.drift import Reference
from upi_risk.domain.errors import ModelRejectedError, UnusableDataError
from upi_risk.domain.gate import Stretch
from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import Scorer
from upi_risk.domain.registry import ModelSheet
from upi_risk.domain.training import TrainingRecord

MODEL: Final = "fraud_classifier.cbm"
CARD: Final = "card.json"
METRICS: Final = "metrics.json"
CARD_PAGE: Final = "MODEL_CARD.md"
REPORT: Final = "report.html"
REFERENCE: Final = "reference.json"
_OURS: Final = frozenset({MODEL, CARD, METRICS, REPORT, CARD_PAGE, REFERENCE})

OpenScorer = Callable[[bytes, ModelCard], Scorer]
"""Loads the content of a model file that a card fits, or raises ModelRejectedError."""


class ModelFolders:
    """Folders as a :class:`~upi_risk.domain.learning_ports.ModelShelf`."""

    def __init__(self, open_scorer: OpenScorer) -> None:
        """``open_scorer`` knows the format of the model file; folders do not."""
        self._open = open_scorer

    def require_room(self, folder: Path) -> None:
        """Make sure that a model can be put into a folder; see the port."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            strange = sorted(path.name for path in folder.iterdir() if path.name not in _OURS)
            (folder / CARD).with_suffix(".new").touch()
            (folder / CARD).with_suffix(".new").unlink()
        except OSError as error:
            message = f"No model can be written to {folder}: {error.strerror}; give another folder."
            raise UnusableDataError(message) from error
        if strange:
            raise UnusableDataError(f"{folder} holds {strange[0]}, which is no model's; give an empty folder.")

    def put(self, folder: Path, model: bytes, card: ModelCard, record: TrainingRecord, used: Usage) -> None:
        """Write a model with its card and its figures; see the port."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CARD).unlink(missing_ok=True)
        write_whole(folder / MODEL, model)
        write_whole(folder / METRICS, write_metrics(record, used))
        write_whole(folder / REFERENCE, write_reference(record.drift, record.scores, card.sha256))
        write_whole(folder / CARD_PAGE, write_card_page(card, record))
        write_whole(folder / CARD, write_card(card, record))

    def add_report(self, folder: Path, page: str) -> None:
        """Lay a report on a model beside it; see the port."""
        write_whole(folder / REPORT, page.encode())

    def content(self, folder: Path) -> tuple[ModelCard, bytes]:
        """The card and the model file of a folder, proven intact; see the port."""
        card, model = _parts(folder)
        self._opened(card, model)
        return card, model

    def learned(self, folder: Path) -> Stretch:
        """What the model of a folder learned from; see the port."""
        return _card_file(folder).learned()

    def take(self, folder: Path) -> Scorer:
        """Load the model of a folder, proven intact; see the port."""
        return self._opened(*_parts(folder))

    def _opened(self, card: ModelCard, model: bytes) -> Scorer:
        scorer = self._open(model, card)
        scored = scorer.score([canary.vector for canary in card.canaries])
        card.require_canaries([result.probability for result in scored])
        return scorer

    def sheet(self, folder: Path) -> ModelSheet:
        """What a folder's card tells, without loading anything.

        Raises:
            ModelRejectedError: there is none, or it cannot be read.
        """
        return _card_file(folder).sheet()


def _card_file(folder: Path) -> CardFile:
    return read_card(_content(folder, CARD), folder.name)


def read_folder_reference(folder: Path) -> Reference | None:
    """How the features of a folder's model were spread in training; None where it does not tell."""
    try:
        return read_reference((folder / REFERENCE).read_bytes(), _card_file(folder).card().sha256)
    except (OSError, ModelRejectedError):
        return None


def _parts(folder: Path) -> tuple[ModelCard, bytes]:
    card = _card_file(folder).card()
    model = _content(folder, MODEL)
    card.require_fit(hashlib.sha256(model).hexdigest())
    return card, model


def _content(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError as error:
        message = f"There is no model in {folder}: {name} is missing; train one, or name another version."
        raise ModelRejectedError(message) from error
    except OSError as error:
        raise ModelRejectedError(f"{folder / name} cannot be read: {error.strerror}; make it readable.") from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
