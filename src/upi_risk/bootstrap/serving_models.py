"""Models as the service takes them: none computes for longer than it may."""

from __future__ import annotations

from pathlib import Path

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.system.bounded_scorer import BoundedScorer
from upi_risk.application.follow_model import SwappingScorer
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import ModelStore, Scorer


def model_store(settings: Settings) -> ModelStore:
    """The folder of models, each of which is bounded."""
    seconds, rest = settings.model_timeout_ms / 1000, settings.breaker_open_ms / 1000

    def opened(model: bytes, card: ModelCard) -> Scorer:
        return BoundedScorer(open_scorer(model, card), seconds, rest)

    return FileModelStore(models_folder(settings), opened)


def models_folder(settings: Settings) -> Path:
    """Where models lie, a folder each."""
    return Path(settings.artifacts_dir) / "models"


def serving_scorer(settings: Settings, models: ModelStore) -> SwappingScorer:
    """The model that a process begins with."""
    return SwappingScorer(models.load(settings.model_version or models.current()))
