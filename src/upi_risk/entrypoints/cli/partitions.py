"""``upi-risk partitions``: the months that transactions are kept in, and what is archived."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.table import Table

from upi_risk.application.archive_partitions import ArchivePartitions
from upi_risk.application.keep_partitions import MOVED, KeepPartitions
from upi_risk.domain.partitions import Partition, Partitions

ANY_NUMBER = 10_000_000


@dataclass(frozen=True, slots=True)
class PartitionsHouse:
    """What the commands work with.

    Attributes:
        partitions: those of the transactions.
        keep: makes what is missing.
        archive: archives into a folder what is older than so many months; None is what the settings say.
    """

    partitions: Partitions
    keep: KeepPartitions
    archive: Callable[[Path | None, int | None], ArchivePartitions]


OpenPartitionsHouse = Callable[[], AbstractAsyncContextManager[PartitionsHouse]]


def partitions_command(open_house: OpenPartitionsHouse) -> click.Group:
    """The commands, with what they need from outside."""

    @click.group("partitions")
    def group() -> None:
        """Transactions are kept in a partition for each month (UTC); old ones go to an archive."""

    @group.command("list")
    def listing() -> None:
        """Every partition, with about how many transactions it holds: unknown until ANALYZE looked."""

        async def work() -> list[Partition]:
            async with open_house() as house:
                return await house.partitions.listed()

        _print(asyncio.run(work()))

    _add_create(group, open_house)
    _add_archive(group, open_house)
    return group


def _add_create(group: click.Group, open_house: OpenPartitionsHouse) -> None:
    @group.command("create")
    @click.option("--dry-run", is_flag=True, help="Only say which are missing.")
    @click.option("--move-all", is_flag=True, help="Move any number of payments of a month; payments wait meanwhile.")
    def create(dry_run: bool, move_all: bool) -> None:  # noqa: FBT001 - click calls it
        """Make what is missing for this month and the next three, and for months that payments came from unforeseen."""

        async def work() -> str:
            async with open_house() as house:
                if dry_run:
                    return f"Missing: {', '.join(map(str, await house.keep.wanted())) or 'none'}."
                return str(await house.keep(ANY_NUMBER if move_all else MOVED))

        click.echo(asyncio.run(work()))


def _add_archive(group: click.Group, open_house: OpenPartitionsHouse) -> None:
    @group.command("archive")
    @click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder.  [default: ARCHIVE_DIR]")
    @click.option(
        "--months", type=click.IntRange(min=1), help="Whole months that stay.  [default: TRANSACTIONS_KEPT_MONTHS]"
    )
    @click.option("--dry-run", is_flag=True, help="Only say what would be archived.")
    @click.option("--yes", is_flag=True, help="Do not ask.")
    def archive(out: Path | None, months: int | None, dry_run: bool, yes: bool) -> None:  # noqa: FBT001 - click calls it
        """Write old partitions to Parquet files, compare the files with them, and drop them."""

        async def work() -> list[str]:
            async with open_house() as house:
                archiving = house.archive(out, months)
                due = [f"{each.name}: {_about(each)} transactions." for each in await archiving.due()]
                if dry_run or not due:
                    return due
                if not yes:
                    _ask(due)
                return list(map(str, await archiving(click.echo)))

        click.echo("\n".join(asyncio.run(work()) or ["Nothing is old enough."]))


def _ask(due: list[str]) -> None:
    click.echo("\n".join(due))
    click.confirm("They leave the database once their files were read back. Go on?", abort=True)


def _print(partitions: list[Partition]) -> None:
    table = Table("partition", "from", "until", "transactions, about", "MiB")
    for each in partitions:
        until = "the rest" if each.rest else _day(each.ends) if each.attached else "detached"
        table.add_row(
            each.name,
            _day(each.begins),
            until,
            "unknown" if each.number is None else f"{each.number:,}",
            f"{each.size / (1 << 20):,.1f}",
        )
    Console().print(table)


def _about(partition: Partition) -> str:
    return "an unknown number of" if partition.number is None else f"about {partition.number:,}"


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""
