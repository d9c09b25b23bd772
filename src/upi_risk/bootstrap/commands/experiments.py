"""``upi-risk experiments``, and what it works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from upi_risk.adapters.matplotlib.experiment_page import render_experiment
from upi_risk.adapters.numpy.arms import measure_arms
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.application.audited_operating import AuditedExperiments
from upi_risk.application.run_experiment import ExperimentSoFar, StartExperiment, StopExperiment
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.operating import jot
from upi_risk.bootstrap.settings import read_settings
from upi_risk.entrypoints.cli.experiments import ExperimentHouse, experiments_command


@asynccontextmanager
async def open_house() -> AsyncIterator[ExperimentHouse]:
    """The PostgreSQL of DATABASE_URL, or the embedded one, which a ``make run`` may be using."""
    settings = read_settings()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        container = Container(settings=msgspec.structs.replace(settings, database_url=urls.database))
        experiments, clock = container.experiments(), container.clock()
        audited = AuditedExperiments(experiments, jot(container))
        try:
            yield ExperimentHouse(
                StartExperiment(container.models(), audited, clock),
                ExperimentSoFar(experiments, experiments, clock, measure_arms),
                StopExperiment(audited, clock),
                render_experiment,
            )
        finally:
            await container.note().drain()
            await container.engine().dispose()


command = experiments_command(open_house)
