"""``upi-risk monitor``: the page of the day on the model in service."""

from __future__ import annotations

import asyncio
from pathlib import Path

import rich_click as click

from upi_risk.bootstrap.working import open_house
from upi_risk.entrypoints.cli.arguments import DURATION, Duration


@click.command("monitor")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the pages.")
@click.option("--maturity", type=DURATION, default="7d", show_default=True, help="After which a payment is judged.")
def command(out: Path, maturity: Duration) -> None:
    """Drift, calibration and quality of the model in service, as a page in OUT and as metrics."""
    click.echo(asyncio.run(_monitor(out, maturity)))


async def _monitor(out: Path, maturity: Duration) -> str:
    async with open_house() as house:
        return await house.monitor(out, maturity).do()
