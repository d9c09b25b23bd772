"""``upi-risk models``, and what it works with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import rich_click as click
from sqlalchemy.exc import SQLAlchemyError

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.postgres.webhooks import PostgresOutbox
from upi_risk.application.choose_model import ChooseModel
from upi_risk.bootstrap.backing_servers import running_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.operating import note_deed
from upi_risk.bootstrap.settings import Settings, read_settings
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.webhooks import event_of_promotion
from upi_risk.entrypoints.cli.models import ModelHouse, models_command


def open_house() -> ModelHouse:
    """The models of ARTIFACTS_DIR."""
    settings = read_settings()
    store = FileModelStore(Path(settings.artifacts_dir) / "models", open_scorer)
    tell = _telling(settings)
    choose = ChooseModel(store, store, partial(note_deed, settings), tell)
    return ModelHouse(store, store, choose, settings.model_version)


def _telling(settings: Settings) -> Callable[[str], None]:
    """Puts messages to who subscribed into the outbox of the database that is named, or that runs here."""

    async def put(url: str, version: str) -> None:
        container = Container(settings=msgspec.structs.replace(settings, database_url=url))
        try:
            await PostgresOutbox(container.engine(), container.vault()).put(
                event_of_promotion(version, container.clock().now())
            )
        finally:
            await container.engine().dispose()

    def tell(version: str) -> None:
        url = running_servers(settings)
        if url is None:
            return
        try:
            asyncio.run(put(url, version))
        except (StoreUnavailableError, SQLAlchemyError):
            click.echo(f"{version} is named, but its webhooks could not be put into the outbox.", err=True)

    return tell


command = models_command(open_house)
