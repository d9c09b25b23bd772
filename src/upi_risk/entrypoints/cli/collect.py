"""``upi-risk collect``: labelled history out of the database, in the form that training reads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from upi_risk.application.collect import Collect, CollectionOrder
from upi_risk.domain.collecting import ExportFolder, ExportState
from upi_risk.entrypoints.cli.arguments import DATE


@dataclass(frozen=True, slots=True)
class CollectHouse:
    """What the command works with; ``key`` is the operator's, empty if there is none."""

    collect: Collect
    folder: ExportFolder
    key: str


OpenCollectHouse = Callable[[Path], AbstractAsyncContextManager[CollectHouse]]
"""Opens the house for a folder."""


def collect_command(open_house: OpenCollectHouse) -> click.Command:
    """The command, with what it needs from outside."""

    @click.command("collect")
    @click.option(
        "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the export."
    )
    @click.option("--since", type=DATE, help="Begin at this day or instant (UTC). [default: the first check]")
    @click.option("--until", type=DATE, help="End before this day or instant (UTC). [default: all there is]")
    def command(out: Path, since: datetime | None, until: datetime | None) -> None:
        """Export checks with their outcomes, reports and logged features as Parquet.

        Users and receivers get pseudonyms, made with COLLECT_KEY, or else with a key that is drawn for this export
        and forgotten when it is complete. An export that was interrupted goes on where it was.
        """
        state = asyncio.run(_collect(open_house(out), _utc(since), _utc(until)))
        _print(out, state)

    return command


async def _collect(
    house: AbstractAsyncContextManager[CollectHouse], since: datetime | None, until: datetime | None
) -> ExportState:
    async with house as tools:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Collecting", total=None)
            order = CollectionOrder(since, until, tools.key)
            return await tools.collect(
                order, tools.folder, lambda done, total: bar.update(task, completed=done, total=total)
            )


def _print(out: Path, state: ExportState) -> None:
    console, plan = Console(), state.plan
    console.print(
        f"{out} holds {state.rows:,} payments in {state.parts:,} files, {state.frauds:,} of them reported as fraud, "
        f"as known at {plan.as_of:%Y-%m-%d %H:%M:%S} UTC.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    key = (
        "They were made with COLLECT_KEY: another export under it gives the same ones."
        if plan.own_key
        else "Their key was drawn for this export and is forgotten: another export gives other ones."
    )
    console.print(f"Users and receivers have pseudonyms. {key}", highlight=False, soft_wrap=True)


def _utc(at: datetime | None) -> datetime | None:
    return at and at.replace(tzinfo=UTC)
