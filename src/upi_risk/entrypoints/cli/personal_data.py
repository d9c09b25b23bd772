"""``upi-risk protect`` and ``retention``: sealing personal data, and removing it when its time is over."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from upi_risk.domain.protection import Kept
from upi_risk.domain.retention import Lapsed
from upi_risk.entrypoints.cli.operators import OpenOperatorHouse, OperatorHouse, inside


def protect_command(open_house: OpenOperatorHouse) -> click.Command:
    """``upi-risk protect``."""

    @click.command("protect")
    @click.option("--dry-run", is_flag=True, help="Only say how many there are.")
    def protect(dry_run: bool) -> None:  # noqa: FBT001 - click's
        """Seal names, phones and secrets that are in clear, or under DATA_KEY_PREVIOUS or PHONE_INDEX_KEY_PREVIOUS.

        It may run while the service does, be broken off, and be called again. Exit code 1 if some are left.
        """

        async def work(house: OperatorHouse) -> Mapping[Kept, int]:
            return await (house.protect.exposed() if dry_run else _sealed(house))

        left = inside(open_house, work)
        told = ", ".join(f"{number:,} {kept}" for kept, number in left.items())
        click.echo(f"In clear or under an earlier key: {told}.")
        if any(left.values()):
            if not dry_run:
                click.echo(
                    "Those could not be sealed: their key is not known, or somebody else has the phone, too.", err=True
                )
            sys.exit(1)

    return protect


def retention_command(open_house: OpenOperatorHouse) -> click.Command:
    """``upi-risk retention``."""

    @click.command("retention")
    @click.option("--apply", is_flag=True, help="Remove it; without, it is counted alone.")
    def retention(apply: bool) -> None:  # noqa: FBT001 - click's
        """Say what personal data is older than the RETAIN_ settings let it be, and remove it with --apply.

        Names and phones of inactive users go as with erase-user. Payments, reports, labels, findings and the audit log
        stay.
        """

        async def work(house: OperatorHouse) -> Mapping[Lapsed, int]:
            return await (_removed(house) if apply else house.retain.due())

        table = Table("personal data", "removed" if apply else "due", box=None)
        for lapsed, number in inside(open_house, work).items():
            table.add_row(lapsed, f"{number:,}")
        Console().print(table)
        if not apply:
            click.echo("Nothing was removed: add --apply.")

    return retention


async def _sealed(house: OperatorHouse) -> Mapping[Kept, int]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    tasks: dict[Kept, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True)) as bar:

        def tell(kept: Kept, done: int, number: int) -> None:
            if kept not in tasks:
                tasks[kept] = bar.add_task(f"Sealing {kept}", total=number)
            bar.update(tasks[kept], completed=done)

        return await house.protect(house.actor, tell)


async def _removed(house: OperatorHouse) -> Mapping[Lapsed, int]:
    tasks: dict[Lapsed, TaskID] = {}
    due = await house.retain.due()
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=Console(stderr=True)
    ) as bar:

        def tell(lapsed: Lapsed, number: int) -> None:
            if lapsed not in tasks:
                tasks[lapsed] = bar.add_task(f"Removing {lapsed}", total=due[lapsed])
            bar.advance(tasks[lapsed], number)

        return await house.retain(house.actor, tell)
