"""``upi-risk simulate``: a made-up population's payments, with the figures it is held to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from upi_risk.application.simulate import Simulate
from upi_risk.domain.simulation import TOO_EASY_AUC, Figure, Simulated, SimulationOrder

BuildSimulation = Callable[[], Simulate]
"""Makes the use case."""

_DATE: Final = click.DateTime(formats=["%Y-%m-%d"])
_LONG: Final = 100


def simulate_command(build: BuildSimulation) -> click.Command:
    """The command, with what makes its use case."""

    @click.command("simulate")
    @click.option(
        "--users", type=click.IntRange(100, 200_000), default=6_000, show_default=True, help="People who pay."
    )
    @click.option("--days", type=click.IntRange(14, 730), default=120, show_default=True, help="Indian days.")
    @click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Of every random choice.")
    @click.option("--start", type=_DATE, default="2025-07-01", show_default=True, help="First Indian day.")
    @click.option(
        "--prevalence",
        type=click.FloatRange(0, 0.05),
        default=0.0032,
        show_default=True,
        help="Share of payments that is fraud; in life about 0.00001.",
    )
    @click.option("--drift/--no-drift", default=True, show_default=True, help="Whether fraudsters change their ways.")
    @click.option(
        "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Transactions file, .parquet."
    )
    def command(  # noqa: PLR0913 - one argument an option
        *, users: int, days: int, seed: int, start: datetime, prevalence: float, drift: bool, out: Path
    ) -> None:
        """Make the payments of a calibrated UPI population, honest and fraudulent, and say how hard they are."""
        if out.suffix != ".parquet":
            raise click.BadParameter(f"{out.name} does not end in .parquet.", param_hint="--out")
        order = SimulationOrder(users, days, seed, start.date(), out, prevalence, drift)
        with _bar() as bar:
            task = bar.add_task("Starting", total=1.0)
            simulated = build()(order, lambda step, done: bar.update(task, description=step, completed=done))
            bar.update(task, description="Done", completed=1.0)
        _print(simulated)
        if simulated.too_easy:
            raise SystemExit(1)

    return command


def _bar() -> Progress:
    columns = (TextColumn("{task.description:24}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _print(simulated: Simulated) -> None:
    console, order = Console(), simulated.order
    console.print(_figures(simulated.figures))
    judged = [figure for figure in simulated.figures if figure.has_target]
    missed = sum(not figure.met for figure in judged)
    lines = [
        f"{simulated.payments:,} payments, made in {simulated.seconds:.0f} s.",
        f"{simulated.frauds:,} of them are fraud; {simulated.reported:,} will ever be reported as fraud.",
        f"{order.out} holds the payments,",
        f"{order.truth.name} the truth (never learn from it), {order.record.name} the parameters and these figures.",
        f"{len(judged) - missed} of {len(judged)} targets met, {missed} missed.",
    ]
    lines += [f"Too easy: {f.name} is {f.value:.4f}, above {TOO_EASY_AUC}." for f in simulated.too_easy]
    console.print("\n".join(lines), highlight=False, markup=False)


def _figures(figures: tuple[Figure, ...]) -> Table:
    table = Table(title="What came, beside what is wanted")
    for name, justify in (("figure", "left"), ("came", "right"), ("wanted", "right"), ("", "left")):
        table.add_column(name, justify="right" if justify == "right" else "left")
    for figure in figures:
        table.add_row(figure.name, _number(figure.value), _wanted(figure), _verdict(figure))
    return table


def _verdict(figure: Figure) -> str:
    if figure.too_easy:
        return "TOO EASY"
    if not figure.has_target:
        return ""
    return "met" if figure.met else "MISSED"


def _wanted(figure: Figure) -> str:
    match figure.low, figure.high:
        case None, None:
            return ""
        case low, None if low is not None:
            return f"at least {_number(low)}"
        case None, high if high is not None:
            return f"at most {_number(high)}"
        case low, high:
            return f"{_number(low or 0)} to {_number(high or 0)}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= _LONG else f"{value:.4g}"
