"""What ``upi-risk train`` works with, and how the service finds what it made."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.system.usage import process_usage
from upi_risk.application.train_model import TrainModel
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import ModelStore, Scorer
from upi_risk.entrypoints.cli import train


def train_command() -> click.Command:
    """The command, joined with Polars, CatBoost and the file system."""
    return train.train_command(_trainer)


def model_store(artifacts: Path) -> ModelStore:
    """The trained models of a folder of artifacts."""
    return FileModelStore(artifacts / "models", _open_scorer)


def _open_scorer(model: bytes, card: ModelCard) -> Scorer:
    # Imported here, as below: it takes a second, and the other commands do without.
    from upi_risk.adapters.catboost.opening import open_scorer  # noqa: PLC0415

    return open_scorer(model, card)


def _trainer(workers: int) -> TrainModel:
    from upi_risk.adapters.catboost.learner import CatBoostLearner  # noqa: PLC0415
    from upi_risk.adapters.polars.payment_stream import FilePaymentStream  # noqa: PLC0415
    from upi_risk.adapters.sklearn.ranking import rank  # noqa: PLC0415

    return TrainModel(FilePaymentStream.open, CatBoostLearner(workers), rank, ModelFolders(_open_scorer), process_usage)
