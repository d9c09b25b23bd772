"""``upi-risk train``, and what it works with."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.matplotlib.report import render
from upi_risk.adapters.numpy.calibration import fit_calibration
from upi_risk.adapters.numpy.drift import feature_drift
from upi_risk.adapters.numpy.evaluation import evaluate
from upi_risk.adapters.polars.payment_stream import FilePaymentStream
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.adapters.sklearn.stratified import stratified
from upi_risk.adapters.system import SystemClock
from upi_risk.adapters.system.usage import process_usage
from upi_risk.application.train_model import Instruments, TrainModel
from upi_risk.bootstrap.settings import read_settings
from upi_risk.bootstrap.tuning import build_tuner
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.stream import FileForm
from upi_risk.entrypoints.cli.train import train_command

INSTRUMENTS: Final = Instruments(rank, evaluate, feature_drift, stratified, render, fit_calibration)


def build_trainer(
    workers: int, form: FileForm, engine: str | None = None, *, instruments: Instruments = INSTRUMENTS
) -> TrainModel:
    """The use case over files, Polars and CatBoost; rows after now are refused.

    Args:
        workers: threads that compute, or processes that try candidates.
        form: how the file is taken.
        engine: where candidates are tried; see :func:`~upi_risk.bootstrap.tuning.build_tuner`.
        instruments: what figures are computed with.
    """
    read = partial(FilePaymentStream.open, form=replace(form, now=SystemClock().now()))
    tune, shelf = build_tuner(workers, engine), ModelFolders(open_scorer)
    return TrainModel(read, CatBoostLearner(workers), tune, instruments, shelf, process_usage)


def serving_folder() -> Path | None:
    """Where the model lies that serves now; None when none is named."""
    settings = read_settings()
    models = Path(settings.artifacts_dir) / "models"
    try:
        return models / (settings.model_version or FileModelStore(models, open_scorer).current())
    except ModelRejectedError:
        return None


command = train_command(build_trainer, serving_folder)
