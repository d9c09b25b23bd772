"""``upi-risk labels``: what others than the payer say of payments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from upi_risk.application.import_labels import Imported, ImportLabels
from upi_risk.domain.labels import FileLabel

OpenLabelHouse = Callable[[], AbstractAsyncContextManager[ImportLabels]]


def labels_command(read: Callable[[Path], Sequence[FileLabel]], open_house: OpenLabelHouse) -> click.Group:
    """The commands, with what reads a file and what makes the use case."""

    @click.group("labels")
    def group() -> None:
        """Labels of payments: chargebacks, decisions of analysts."""

    @group.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def importing(file: Path) -> None:
        """Record the labels of FILE, CSV or Parquet: transaction_id, label, time, source.

        A chargeback is believed before an analyst, an analyst before the payer, and of each the latest. Importing a
        file again changes nothing.
        """
        said = read(file)
        _print(file, asyncio.run(_import(open_house(), said)))

    return group


async def _import(house: AbstractAsyncContextManager[ImportLabels], said: Sequence[FileLabel]) -> Imported:
    async with house as use:
        columns = (TextColumn("Importing"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=len(said))
            return await use(said, lambda done: bar.update(task, completed=done))


def _print(file: Path, imported: Imported) -> None:
    told = [f"{number:,} {recorded}" for recorded, number in imported.recorded.items() if number]
    if imported.unknown:
        told.append(f"{imported.unknown:,} of payments that nobody made ({', '.join(imported.examples)})")
    click.echo(f"{file}: {'; '.join(told) or 'no labels'}.")
