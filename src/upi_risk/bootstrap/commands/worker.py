"""``upi-risk worker``: what is to be done again and again, beside the serving processes."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import rich_click as click
import structlog

from upi_risk.application.retrain import RetrainingOrder
from upi_risk.application.work import Task
from upi_risk.bootstrap.backing_servers import VAR
from upi_risk.bootstrap.logging import configure, described
from upi_risk.bootstrap.settings import read_settings
from upi_risk.bootstrap.working import WorkHouse, open_house
from upi_risk.domain.schedule import Run

LOOK_SECONDS = 30.0


@click.command("worker")
@click.option(
    "--without",
    multiple=True,
    help="A task to leave to others: retrain, experiment, monitor, housekeep, partitions, archive.",
)
@click.option(
    "--reports",
    type=click.Path(file_okay=False, path_type=Path),
    default=VAR / "reports",
    show_default=True,
    help="Folder of the daily pages on the model in service.",
)
@click.option("--once", is_flag=True, help="Do what is due and end.")
def command(without: tuple[str, ...], reports: Path, once: bool) -> None:  # noqa: FBT001 - click calls it
    """Retrain each month, look at the model and at the experiment each day; once, however many workers there are."""
    settings = read_settings()
    configure(settings.log_level, settings.log_format)
    asyncio.run(_work(without, reports, once=once))


async def _work(without: tuple[str, ...], reports: Path, *, once: bool) -> None:
    log = structlog.get_logger("upi_risk")
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    async with open_house() as house:
        tasks = [task for task in _tasks(house, reports) if task.name not in without]
        work = house.work(_log)
        if once:
            await work.look(tasks)
            return
        log.info("worker ready", tasks=[task.name for task in tasks])
        working = asyncio.create_task(
            work.forever(tasks, LOOK_SECONDS, lambda error: log.error("worker failed", **described(error)))
        )
        await ending.wait()
        working.cancel()
        await asyncio.wait({working})


def _tasks(house: WorkHouse, reports: Path) -> list[Task]:
    log = structlog.get_logger("upi_risk")
    order = RetrainingOrder(key=house.settings.collect_key)
    return [
        house.watch(),
        house.monitor(reports),
        house.housekeep(),
        house.keep_partitions(),
        *([house.archive()] if house.settings.archive_dir else []),
        house.retrain(order, lambda step: log.info("retraining", step=step)),
    ]


def _log(run: Run) -> None:
    log = structlog.get_logger("upi_risk")
    tell = log.info if run.succeeded else log.error
    tell("task ended", task=run.task, period=run.period, attempt=run.attempt, said=run.said)
