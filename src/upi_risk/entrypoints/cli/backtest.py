"""``upi-risk backtest``: old decisions taken again, and what would have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from upi_risk.application.backtest import Backtest, Period
from upi_risk.domain.backtest import BacktestFigures, ChangedRows, Outcome, Retrial, Side
from upi_risk.domain.decision import Decision
from upi_risk.entrypoints.cli.arguments import DATE


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried; None is what is in force.

    Attributes:
        thresholds: where MEDIUM begins, and above which score HIGH does.
        rules: a document, as text.
        model: a version.
    """

    thresholds: tuple[float, float] | None = None
    rules: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class BacktestHouse:
    """What the command works with."""

    backtest: Backtest
    retrial: Retrial


OpenBacktestHouse = Callable[[Trial], AbstractAsyncContextManager[BacktestHouse]]


def backtest_command(open_house: OpenBacktestHouse, rows_file: Callable[[Path], ChangedRows]) -> click.Command:
    """The command, with what it needs from outside."""

    @click.command("backtest")
    @click.option(
        "--from", "first", type=DATE, help="Begin at this day or instant (UTC). [default: the first decision]"
    )
    @click.option("--to", "end", type=DATE, help="End before this day or instant (UTC). [default: all there is]")
    @click.option("--thresholds", help="Try these: 0.3,0.6 is VERIFY from 0.3 on and BLOCK above 0.6.")
    @click.option(
        "--rules", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Try the rules of this document."
    )
    @click.option("--model", help="Try the model of this version.")
    @click.option(
        "--rows", type=click.Path(dir_okay=False, path_type=Path), help="Put what changes in a .csv or .parquet."
    )
    def command(  # noqa: PLR0913, PLR0917 - one for each option
        first: datetime | None,
        end: datetime | None,
        thresholds: str | None,
        rules: Path | None,
        model: str | None,
        rows: Path | None,
    ) -> None:
        """Take stored decisions again under other thresholds, rules or another model; nothing stored is changed.

        What is not given is what is in force now, lists included. Outcomes are those known now.
        """
        document = rules.read_text(encoding="utf-8") if rules else None
        trial = Trial(_thresholds(thresholds), document, model)
        sink = rows_file(rows) if rows else None
        asyncio.run(_run(open_house(trial), Period(_utc(first), _utc(end)), sink))
        if rows:
            click.echo(f"{rows} has the payments that would have been decided otherwise; it names payers.")

    return command


async def _run(house: AbstractAsyncContextManager[BacktestHouse], period: Period, rows: ChangedRows | None) -> None:
    async with house as tools:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        began = perf_counter()
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Deciding again", total=None)
            figures = await tools.backtest(
                period, tools.retrial, rows, lambda done, total: bar.update(task, completed=done, total=total)
            )
        _print(figures, perf_counter() - began)


def _print(figures: BacktestFigures, seconds: float) -> None:
    console, before, after = Console(), figures.before, figures.after
    table = Table("", "before", "after", title=f"{figures.rows:,} decisions in {seconds:.1f} s")
    for decision in Decision:
        for outcome in Outcome:
            table.add_row(
                f"{decision}, {outcome}", *[f"{side.counts.get((decision, outcome), 0):,}" for side in (before, after)]
            )
    for name, cell in _FIGURES.items():
        table.add_row(name, cell(before), cell(after))
    console.print(table)
    for (was, now), count in sorted(figures.moves.items()):
        console.print(f"{was} → {now}: {count:,}", highlight=False)
    for code, count in figures.fired.items():
        lacking = figures.unjudged[code]
        told = f"; {lacking:,} stored vectors lack what it asks for" if lacking else ""
        console.print(f"{code} fires {count:,} {'time' if count == 1 else 'times'}{told}.", highlight=False)
    if figures.not_rescored:
        console.print(f"{figures.not_rescored:,} stored vectors lack features of this model and keep their score.")
    console.print(
        "Flagged is VERIFY or BLOCK. The outcome of a payment that was stopped is unknown: it counts in no share."
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


_FIGURES: dict[str, Callable[[Side], str]] = {
    "precision": lambda side: _percent(side.precision),
    "recall": lambda side: _percent(side.recall),
    "recall by rupees": lambda side: _percent(side.recall_by_value),
    "rupees of fraud allowed": lambda side: f"{side.missed_paise / 100:,.0f}",
    "good payments stopped": lambda side: f"{side.good_stopped:,}",
    "good payments asked": lambda side: f"{side.good_asked:,}",
}


def _thresholds(text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    try:
        medium, high = (float(part) for part in text.split(","))
    except ValueError:
        medium = high = -1.0
    if not 0 < medium <= high < 1:
        raise click.BadParameter("two numbers between 0 and 1, the smaller first: 0.3,0.6", param_hint="--thresholds")
    return medium, high


def _utc(at: datetime | None) -> datetime | None:
    return at and at.replace(tzinfo=UTC)
