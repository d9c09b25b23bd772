"""What a worker does, and with what."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.files.workshop import FileWorkshop
from upi_risk.adapters.matplotlib.monitoring_page import render_monitoring
from upi_risk.adapters.numpy.arms import measure_arms
from upi_risk.adapters.polars.export_folder import ParquetExport
from upi_risk.adapters.postgres.figures import PostgresFigures
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.postgres.past_checks import PostgresPastChecks
from upi_risk.adapters.postgres.runs import PostgresRuns
from upi_risk.application.audited_operating import AuditedExperiments
from upi_risk.application.collect import Collect
from upi_risk.application.monitor_model import MonitorModel
from upi_risk.application.retrain import Retrain, RetrainingOrder, Tools
from upi_risk.application.run_experiment import ExperimentSoFar, StartExperiment, StopExperiment
from upi_risk.application.watch_experiment import WatchExperiment
from upi_risk.application.work import Task, Work
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.commands.train import build_trainer
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.operating import jot
from upi_risk.bootstrap.partitions_house import partitions_house
from upi_risk.bootstrap.settings import Settings, read_settings
from upi_risk.domain.experiment import MATURITY
from upi_risk.domain.monitoring import Monitoring
from upi_risk.domain.schedule import Every, Run
from upi_risk.domain.stream import FileForm
from upi_risk.entrypoints.cli.partitions import PartitionsHouse


@dataclass(frozen=True, slots=True)
class WorkHouse:
    """What the commands work with."""

    container: Container
    runs: PostgresRuns
    settings: Settings
    partitions: PartitionsHouse

    def work(self, tell: Callable[[Run], None]) -> Work:
        """The use case; ``tell`` hears of each run that has ended."""
        return Work(self.runs, self.container.clock(), tell)

    def retrain(self, order: RetrainingOrder, progress: Callable[[str], None]) -> Task:
        """Making a new model, once a month."""
        container, models = self.container, Path(self.settings.artifacts_dir) / "models"
        clock, store = container.clock(), container.models()
        collect = Collect(PostgresPastChecks(container.engine()), clock, container.identities())
        trainer = build_trainer(os.cpu_count() or 1, FileForm())
        tools = Tools(collect, ParquetExport, trainer, lambda version: models / version)
        start = StartExperiment(store, self._experiments(), clock)
        retrain = Retrain(tools, FileWorkshop(models), store, start, clock)
        return Task("retrain", Every.MONTH, partial(retrain, order, progress))

    def watch(self) -> Task:
        """Looking at the experiment that runs, once a day."""
        container = self.container
        experiments, clock = self._experiments(), container.clock()
        so_far = ExperimentSoFar(experiments, container.experiments(), clock, measure_arms)
        return Task("experiment", Every.DAY, WatchExperiment(experiments, so_far, StopExperiment(experiments, clock)))

    def _experiments(self) -> AuditedExperiments:
        return AuditedExperiments(self.container.experiments(), jot(self.container))

    def housekeep(self) -> Task:
        """Removing what is over, once an hour."""

        async def do() -> str:
            removed = await self.container.housekeep()()
            return ", ".join(f"{number:,} {kind}" for kind, number in removed.items()) + " removed."

        return Task("housekeep", Every.HOUR, do)

    def keep_partitions(self) -> Task:
        """Making partitions for the months to come, once an hour."""

        async def do() -> str:
            return str(await self.partitions.keep())

        return Task("partitions", Every.HOUR, do)

    def archive(self) -> Task:
        """Archiving what was kept long enough, once a day."""

        async def do() -> str:
            done = await self.partitions.archive(None, None)()
            return " ".join(map(str, done)) or "Nothing is old enough."

        return Task("archive", Every.DAY, do)

    def monitor(self, folder: Path, maturity: timedelta = MATURITY) -> Task:
        """Writing the page on the model in service, once a day."""
        container = self.container
        models = FileModelStore(Path(self.settings.artifacts_dir) / "models", open_scorer)
        figures = PostgresFigures(container.engine())
        past = PostgresPastChecks(container.engine())
        monitor = MonitorModel(past, models, models, figures, container.clock())

        async def do() -> str:
            found = await monitor(maturity)
            page = await asyncio.to_thread(_written, folder, found)
            matured = sum(week.confusion.payments for week in found.weeks)
            return f"{page} tells of {matured:,} matured payments and {found.recent:,} recent ones."

        return Task("monitor", Every.DAY, do)


def _written(folder: Path, found: Monitoring) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / f"{found.at:%Y-%m-%d}.html"
    page.write_text(render_monitoring(found), encoding="utf-8")
    return page


@asynccontextmanager
async def open_house() -> AsyncIterator[WorkHouse]:
    """The PostgreSQL of DATABASE_URL, or the embedded one, which a ``make run`` may be using."""
    settings = read_settings()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        settings = msgspec.structs.replace(settings, database_url=urls.database, redis_url=urls.redis)
        container = Container(settings=settings)
        try:
            async with partitions_house(urls.owner, settings) as partitions:
                yield WorkHouse(container, PostgresRuns(container.engine()), settings, partitions)
        finally:
            await container.note().drain()
            await container.engine().dispose()
            await container.redis().aclose()
