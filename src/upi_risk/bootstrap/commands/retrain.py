"""``upi-risk retrain``: what the worker does each month, now."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import rich_click as click

from upi_risk.application.retrain import RetrainingOrder
from upi_risk.bootstrap.working import open_house
from upi_risk.domain.schedule import Run
from upi_risk.entrypoints.cli.arguments import DURATION, Duration


@click.command("retrain")
@click.option("--history", type=DURATION, default="180d", show_default=True, help="How far back to learn from.")
@click.option("--label-delay", type=DURATION, default="7d", show_default=True, help="From a fraud to its report.")
@click.option("--iterations", type=click.IntRange(1, 100_000), help="Trees. [default: of the serving model's features]")
@click.option("--minimum", type=click.IntRange(1), default=10_000, show_default=True, help="See experiments start.")
def command(history: Duration, label_delay: Duration, iterations: int | None, minimum: int) -> None:
    """Collect, train, judge, register, and have the new model score in shadow. The serving one is left alone.

    Exit code 1 when it could not be done, or when somebody else does it just now.
    """
    order = RetrainingOrder(history, label_delay, iterations, minimum)
    run = asyncio.run(_retrain(order))
    if run is None:
        click.echo("Another process retrains just now.", err=True)
        sys.exit(1)
    click.echo(run.said, err=not run.succeeded)
    if not run.succeeded:
        sys.exit(1)


async def _retrain(order: RetrainingOrder) -> Run | None:
    async with open_house() as house:
        key = house.settings.collect_key
        task = house.retrain(replace(order, key=key), lambda step: click.echo(f"{step} ...", err=True))
        return await house.work(lambda _: None).now(task)
