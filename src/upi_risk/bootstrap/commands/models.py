"""``upi-risk models``, and what it works with."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.application.choose_model import ChooseModel
from upi_risk.bootstrap.operating import note_deed
from upi_risk.bootstrap.settings import read_settings
from upi_risk.entrypoints.cli.models import ModelHouse, models_command


def open_house() -> ModelHouse:
    """The models of ARTIFACTS_DIR."""
    settings = read_settings()
    store = FileModelStore(Path(settings.artifacts_dir) / "models", open_scorer)
    return ModelHouse(store, store, ChooseModel(store, store, partial(note_deed, settings)), settings.model_version)


command = models_command(open_house)
