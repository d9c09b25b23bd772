"""``upi-risk train``: from a transactions file to a model with its card and its figures."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from upi_risk.application.train_model import Trained, TrainingOrder, TrainModel
from upi_risk.domain.model import VERSION_NAME
from upi_risk.domain.stream import FileForm
from upi_risk.domain.training import HyperParameters, SplitWishes
from upi_risk.entrypoints.cli.arguments import COLUMNS, COLUMNS_HELP, DATE, DURATION, ColumnNames, Duration

BuildTrainer = Callable[[int, FileForm], TrainModel]
"""Makes the use case; the arguments are how many threads may compute, and how the file is taken."""

SMALLEST_UNIT: Final = 0.001
LARGEST_UNIT: Final = 1_000
_DEFAULT: Final = HyperParameters()


class _Units(click.ParamType[tuple[float, ...]]):
    """``1,25``: factors above 0, each once."""

    name = "factors"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            units = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            units = ()
        if (
            not units
            or len(set(units)) < len(units)
            or not all(SMALLEST_UNIT <= unit <= LARGEST_UNIT for unit in units)
        ):
            self.fail(f"{value} are no factors: say 1, or 1,25; each from 0.001 to 1000 and once.", param, ctx)
        return units


def train_command(build: BuildTrainer) -> click.Command:
    """The command, with what makes its use case."""

    @click.command("train")
    @click.option(
        "--transactions",
        required=True,
        type=click.Path(path_type=Path),
        help="Payments with outcomes, Parquet or CSV, or a folder.",
    )
    @click.option("--columns", type=COLUMNS, default="", help=COLUMNS_HELP)
    @click.option("--strict-order", is_flag=True, help="Refuse rows that are not in order of time.")
    @click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the model.")
    @click.option("--version", help="The model's name. [default: the folder's]")
    @click.option("--iterations", type=click.IntRange(1, 100_000), default=_DEFAULT.iterations, show_default=True)
    @click.option("--depth", type=click.IntRange(1, 10), default=_DEFAULT.depth, show_default=True)
    @click.option(
        "--learning-rate",
        type=click.FloatRange(0, 1, min_open=True),
        default=_DEFAULT.learning_rate,
        show_default=True,
    )
    @click.option("--seed", type=click.IntRange(min=0), default=_DEFAULT.seed, show_default=True)
    @click.option("--label-delay", type=DURATION, default="7d", show_default=True, help="From a fraud to its report.")
    @click.option("--train-from", type=DATE, help="First day (UTC) to learn from. [default: the file's]")
    @click.option("--train-to", type=DATE, help="Day that learning ends before. [default: after 80 % of the rows]")
    @click.option("--test-from", type=DATE, help="First day to measure on. [default: a label delay after training]")
    @click.option("--test-to", type=DATE, help="Day that the test ends before. [default: the file's end]")
    @click.option(
        "--exclude-known-since", "known_since", type=DATE, help="Leave out payers with a fraud known since this day."
    )
    @click.option("--units", type=_Units(), default="1", show_default=True, help="Learn amounts times each factor.")
    @click.option("--features", type=click.Choice(["baseline"]), default="baseline", show_default=True)
    @click.option("--workers", type=click.IntRange(1, 256), default=os.cpu_count() or 1, help="Threads. [default: all]")
    def command(
        features: str,  # noqa: ARG001 - there is one set so far
        workers: int,
        columns: ColumnNames,
        strict_order: bool,  # noqa: FBT001 - click calls it
        **options: Any,  # noqa: ANN401 - each option's own type
    ) -> None:
        """Learn a model from payments whose outcome is known, and measure it on later ones."""
        order = _order(**options)
        with _bar() as bar:
            task = bar.add_task("Starting", total=1.0)
            train = build(workers, FileForm(columns, strict_order=strict_order))
            trained = train(order, lambda step, share: bar.update(task, description=step, completed=share))
            bar.update(task, description="Done", completed=1.0)
        _print(order, trained)

    return command


def _order(  # noqa: PLR0913 - one argument an option
    *,
    transactions: Path,
    out: Path,
    version: str | None,
    label_delay: Duration,
    units: tuple[float, ...],
    iterations: int,
    depth: int,
    learning_rate: float,
    seed: int,
    **periods: datetime | None,
) -> TrainingOrder:
    name = version or out.resolve().name
    if VERSION_NAME.fullmatch(name) is None:
        message = f"{name!r} is no name for a model: give one with --version, of letters, digits, dots and dashes."
        raise click.BadParameter(message)
    return TrainingOrder(
        transactions=transactions,
        out=out,
        version=name,
        parameters=HyperParameters(iterations, depth, learning_rate, seed),
        wishes=SplitWishes(**{name: at and at.replace(tzinfo=UTC) for name, at in periods.items()}),
        label_delay=label_delay,
        units=units,
    )


def _bar() -> Progress:
    columns = (TextColumn("{task.description:30}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _print(order: TrainingOrder, trained: Trained) -> None:
    console, record = Console(), trained.record
    for note in trained.notes:
        console.print(f"Note: {note}", highlight=False)
    console.print(_figures(trained))
    console.print(_confidence(trained))
    learned = f"Learned {record.train_rows:,} payments, {record.train_frauds:,} known as fraud"
    spent = f"in {trained.used.seconds:.0f} s with at most {trained.used.peak_memory_mib:,.0f} MiB"
    console.print(f"{learned}, {spent}. {order.out} was loaded again and scored its canary rows.", highlight=False)
    version = trained.card.version
    console.print(
        f"\nNext: put the folder at artifacts/models/{version}; `upi-risk models promote {version}` writes CURRENT,\n"
        "then `make run` serves it and `upi-risk replay FILE` shows how it does on a stream.",
        highlight=False,
        markup=False,
    )


def _figures(trained: Trained) -> Table:
    """Every figure with the split it was measured on."""
    record = trained.record
    table = Table(title=f"Model {trained.card.version}: {record.split}")
    table.add_column("on the test period")
    for measured in record.measured:
        table.add_column(
            "amounts as in the file" if measured.unit == 1 else f"amounts times {measured.unit:g}", justify="right"
        )
    columns = record.measured
    table.add_row("payments", *(f"{m.rows:,}" for m in columns))
    table.add_row("frauds", *(f"{m.frauds:,}" for m in columns))
    table.add_row("AUC", *(f"{m.auc:.4f}" for m in columns))
    table.add_row("average precision", *(f"{m.average_precision:.4f}" for m in columns))
    table.add_row("card precision@100", *(f"{m.card_precision_at_100:.4f}" for m in columns))
    table.add_row("Brier score", *(f"{m.brier:.5f}" for m in columns))
    for index, flagged in enumerate(columns[0].flagged):
        name = f"{'from' if index == 0 else 'above'} {flagged.threshold:g}:"
        table.add_row(f"{name} alerts", *(f"{m.flagged[index].alerts:,}" for m in columns))
        table.add_row(f"{name} precision", *(f"{m.flagged[index].precision:.4f}" for m in columns))
        table.add_row(f"{name} recall", *(f"{m.flagged[index].recall:.4f}" for m in columns))
        table.add_row(f"{name} F1", *(f"{m.flagged[index].f1:.4f}" for m in columns))
    return table


def _confidence(trained: Trained) -> Table:
    table = Table(title="Fraud expected by score (earlier half of the test) and fraud that came (later half)")
    for name in ("score up to", "payments", "expected", "came"):
        table.add_column(name, justify="right")
    for band in trained.record.bands:
        table.add_row(f"{band.upto:g}", f"{band.rows:,}", f"{band.expected:.4f}", f"{band.observed:.4f}")
    return table
