"""``upi-risk train``, and what it works with."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.adapters.system import SystemClock
from upi_risk.adapters.system.usage import process_usage
from upi_risk.application.train_model import TrainModel
from upi_risk.domain.stream import FileForm
from upi_risk.entrypoints.cli.train import train_command


def build_trainer(workers: int, form: FileForm) -> TrainModel:
    """The use case over files, Polars and CatBoost; ``workers`` threads compute, rows after now are refused."""
    read = partial(FilePaymentStream.open, form=replace(form, now=SystemClock().now()))
    return TrainModel(read, CatBoostLearner(workers), rank, ModelFolders(open_scorer), process_usage)


command = train_command(build_trainer)
