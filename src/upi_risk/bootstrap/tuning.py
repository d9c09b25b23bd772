"""What tries candidates, and where."""

from __future__ import annotations

import os

from upi_risk.adapters.catboost.learner import CatBoostLearner
from upi_risk.adapters.files.journal import FileJournal
from upi_risk.adapters.memory.engine import SerialEngine
from upi_risk.adapters.processes.engine import ProcessEngine
from upi_risk.adapters.ray.engine import RayEngine
from upi_risk.adapters.sklearn.ranking import rank
from upi_risk.application.tune_model import TryFold, TuneModel
from upi_risk.bootstrap.settings import tell_children
from upi_risk.domain.engine import Engine
from upi_risk.domain.training import HyperParameters
from upi_risk.domain.tuning import GridSearch, Search, TuningOrder


def build_tuner(workers: int, engine: str | None) -> TuneModel:
    """The use case over CatBoost and files.

    Args:
        workers: processes that try candidates, each with its share of the CPUs; one is this process.
        engine: ``ray``, or the address of a Ray cluster; None is this machine.
    """
    threads = 1 if engine else max(1, (os.cpu_count() or 1) // workers)
    return TuneModel(TryFold(CatBoostLearner(threads), rank), _engine(workers, engine), start_search, FileJournal)


def start_search(order: TuningOrder, base: HyperParameters) -> Search:
    """A grid, or a search by Optuna, which takes a second to import."""
    if not order.trials:
        return GridSearch(order, base)
    from upi_risk.adapters.optuna.search import TpeSearch  # noqa: PLC0415 - only a search pays for it

    return TpeSearch(order, base)


def _engine(workers: int, engine: str | None) -> Engine:
    if engine is not None:
        tell_children("RAY_USAGE_STATS_ENABLED", "0")  # to nobody
        return RayEngine(engine, workers)
    if workers == 1:
        return SerialEngine()
    tell_children("PYTHONSAFEPATH", "1")  # else they import what lies in the folder that a command is called in
    return ProcessEngine(workers)
