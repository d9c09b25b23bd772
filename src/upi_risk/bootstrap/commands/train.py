"""``upi-risk train``, and what it works with."""

from __future__ import annotations

from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.adapters.system.usage import process_usage
from upi_risk.application.train_model import TrainModel
from upi_risk.entrypoints.cli.train import train_command


def build_trainer(workers: int) -> TrainModel:
    """The use case over files, Polars and CatBoost; ``workers`` threads compute."""
    return TrainModel(FilePaymentStream.open, CatBoostLearner(workers), rank, ModelFolders(open_scorer), process_usage)


command = train_command(build_trainer)
