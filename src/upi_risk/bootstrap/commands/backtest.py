"""``upi-risk backtest``, and what it works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import msgspec

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.catboost.scorer import CatBoostScorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.files.rule_file import read_book
from upi_risk.adapters.numpy.retrial import NumpyRetrial
from upi_risk.adapters.polars.changed_rows import ChangedFile
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.postgres.past_decisions import PostgresPastDecisions
from upi_risk.application.backtest import Backtest
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.serving_models import models_folder
from upi_risk.bootstrap.settings import read_settings
from upi_risk.domain.lists import Lists
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.ruling import RuleSet
from upi_risk.entrypoints.cli.backtest import BacktestHouse, Trial, backtest_command


@asynccontextmanager
async def open_house(trial: Trial) -> AsyncIterator[BacktestHouse]:
    """The PostgreSQL of DATABASE_URL, or the embedded one, which a ``make run`` may be using."""
    settings = read_settings().in_bulk()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        container = Container(settings=msgspec.structs.replace(settings, database_url=urls.database))
        try:
            stored = await container.rules().read()
            book = read_book(stored.document if trial.rules is None else trial.rules)
            rules = RuleSet(str(stored.revision), book, Lists.of(stored.entries))
            models = FileModelStore(models_folder(settings), open_scorer)
            scorer = cast("CatBoostScorer", models.load(trial.model)) if trial.model else None
            past = PostgresPastDecisions(container.engine(), container.phones())
            yield BacktestHouse(Backtest(past), NumpyRetrial(_policy(trial), rules, scorer))
        finally:
            await container.engine().dispose()


def _policy(trial: Trial) -> RiskPolicy:
    if trial.thresholds is None:
        return RiskPolicy()
    medium_from, high_above = trial.thresholds
    return RiskPolicy(medium_from=medium_from, high_above=high_above)


command = backtest_command(open_house, ChangedFile)
