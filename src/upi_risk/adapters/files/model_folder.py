"""A folder that holds one model: ``fraud_classifier.cbm``, ``card.json`` and ``metrics.json``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from upi_risk.adapters.files.card_file import AtThreshold, metrics_of, read_card, write_card
from upi_risk.domain.errors import ModelRejectedError, UnusableDataError
from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import Scorer
from upi_risk.domain.registry import ModelSheet
from upi_risk.domain.training import TrainingRecord

MODEL: Final = "fraud_classifier.cbm"
CARD: Final = "card.json"
METRICS: Final = "metrics.json"
_OURS: Final = frozenset({MODEL, CARD, METRICS, "report.html", "card.md"})

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
        write_whole(folder / METRICS, _metrics(record, used))
        write_whole(folder / CARD, write_card(card, record))

    def take(self, folder: Path) -> Scorer:
        """Load the model of a folder, proven intact; see the port."""
        card = read_card(_content(folder, CARD), folder.name).card()
        model = _content(folder, MODEL)
        card.require_fit(hashlib.sha256(model).hexdigest())
        scorer = self._open(model, card)
        scored = scorer.score([canary.vector for canary in card.canaries])
        card.require_canaries([result.probability for result in scored])
        return scorer

    def sheet(self, folder: Path) -> ModelSheet:
        """What a folder's card tells, without loading anything.

        Raises:
            ModelRejectedError: there is none, or it cannot be read.
        """
        return read_card(_content(folder, CARD), folder.name).sheet()


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


def _metrics(record: TrainingRecord, used: Usage) -> bytes:
    """The figures alone, flat, for whoever compares many trainings; those at one threshold are at the lowest."""
    metrics = metrics_of(record)
    first: AtThreshold = metrics[0].thresholds[0]
    document: dict[str, Any] = {
        "split": str(record.split),
        "auc": metrics[0].auc,
        "average_precision": metrics[0].average_precision,
        "threshold": first.threshold,
        "precision": first.precision,
        "recall": first.recall,
        "f1": first.f1,
        "card_precision_at_100": metrics[0].card_precision_at_100,
        "brier": metrics[0].brier,
        "thresholds": metrics[0].thresholds,
        "rows": {"train": record.train_rows, "test": metrics[0].rows},
        "frauds": {"train": record.train_frauds, "test": metrics[0].frauds},
        "by_unit": metrics,
        "cleaning": dict(record.source.cleaning),
        "seconds": round(used.seconds, 1),
        "peak_memory_mib": round(used.peak_memory_mib),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
