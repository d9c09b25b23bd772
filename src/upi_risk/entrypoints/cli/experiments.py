"""``upi-risk experiments``: a challenger beside the model that serves, and who has won."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import rich_click as click
from rich.console import Console
from rich.table import Table

from upi_risk.application.run_experiment import ExperimentSoFar, ExperimentStatus, StartExperiment, StopExperiment
from upi_risk.domain.evaluation import Estimate
from upi_risk.domain.experiment import Experiment
from upi_risk.domain.experiment_figures import ArmFigures
from upi_risk.domain.experiment_verdict import ExperimentRules, Outcome, Verdict
from upi_risk.domain.model import VERSION_NAME
from upi_risk.entrypoints.cli.arguments import DURATION, Duration, FloatRange

T = TypeVar("T")

Render = Callable[[Experiment, Sequence[ArmFigures], Verdict, str], str]
"""Draws the page."""


@dataclass(frozen=True, slots=True)
class ExperimentHouse:
    """What the commands work with."""

    start: StartExperiment
    so_far: ExperimentSoFar
    stop: StopExperiment
    render: Render


OpenExperimentHouse = Callable[[], AbstractAsyncContextManager[ExperimentHouse]]


def experiments_command(open_house: OpenExperimentHouse) -> click.Group:
    """The commands, with what makes what they need."""

    @click.group("experiments")
    def group() -> None:
        """A challenger beside the model that serves: in shadow, or deciding for a share of payers."""

    _add_start(group, open_house)
    _add_status(group, open_house)
    _add_stop(group, open_house)
    return group


def _within(open_house: OpenExperimentHouse, use: Callable[[ExperimentHouse], Awaitable[T]]) -> T:
    async def opened() -> T:
        async with open_house() as house:
            return await use(house)

    return asyncio.run(opened())


def _add_start(group: click.Group, open_house: OpenExperimentHouse) -> None:
    @group.command("start")
    @click.argument("name")
    @click.option("--challenger", required=True, help="The version to try.")
    @click.option("--shadow", is_flag=True, help="It scores and never decides.")
    @click.option("--share", type=FloatRange(0, 0.9, min_open=True), help="Of payers it decides for.")
    @click.option(
        "--minimum",
        type=click.IntRange(1, 1_000_000_000),
        default=10_000,
        show_default=True,
        help="Matured payments that each model has to have before a winner may be called.",
    )
    def start(name: str, challenger: str, shadow: bool, share: float | None, minimum: int) -> None:  # noqa: FBT001
        """Begin the experiment NAME against the model that serves."""
        if shadow == (share is not None):
            raise click.UsageError("Say either --shadow or --share.")
        if VERSION_NAME.fullmatch(name) is None:
            raise click.UsageError(f"{name!r} is no name: use letters, digits, dots and dashes.")
        made = _within(open_house, lambda house: house.start(name, challenger, share=share or 0.0, minimum=minimum))
        click.echo(
            f"{made.challenger} {_how(made)} beside {made.champion} from {made.started_at:%Y-%m-%d %H:%M:%S} UTC on; "
            "running services follow within MODEL_POLL_SECONDS."
        )


def _add_status(group: click.Group, open_house: OpenExperimentHouse) -> None:
    @group.command("status")
    @click.argument("name")
    @click.option("--maturity", type=DURATION, default="7d", show_default=True, help="After which a payment counts.")
    @click.option(
        "--frauds",
        type=click.IntRange(1),
        default=ExperimentRules().frauds,
        show_default=True,
        help="Matured frauds that each model has to have before a winner may be called.",
    )
    @click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with the drawing here.")
    def status(name: str, maturity: Duration, frauds: int, plot: Path | None) -> None:
        """Both models side by side on matured payments, and whether one has won."""

        async def use(house: ExperimentHouse) -> tuple[ExperimentStatus, Render]:
            return await house.so_far(name, ExperimentRules(frauds=frauds), maturity), house.render

        found, render = _within(open_house, use)
        _print(found)
        if plot is not None:
            page = render(found.experiment, found.figures, found.verdict, _note(found))
            plot.write_text(page, encoding="utf-8")
            click.echo(f"{plot} has the drawing.")


def _add_stop(group: click.Group, open_house: OpenExperimentHouse) -> None:
    @group.command("stop")
    @click.argument("name")
    def stop(name: str) -> None:
        """End the experiment NAME; the model that serves decides for everybody again."""
        ended = _within(open_house, lambda house: house.stop(name))
        click.echo(f"{ended.name} ended {ended.ended_at:%Y-%m-%d %H:%M:%S} UTC: {ended.outcome}.")


def _how(experiment: Experiment) -> str:
    return "scores in shadow" if experiment.shadow else f"decides for {experiment.share:.0%} of payers"


def _note(status: ExperimentStatus) -> str:
    days, ended = status.maturity.total_seconds() / 86_400, status.experiment.ended_at
    until = f"ended {ended:%Y-%m-%d %H:%M}" if ended else "still runs"
    return (
        f"Payments from {status.experiment.started_at:%Y-%m-%d %H:%M} UTC that are {days:g} days old, "
        f"fraud if reported by then; it {until}."
    )


def _print(status: ExperimentStatus) -> None:
    table = Table("", *(arm.model_version for arm in status.figures), title=_note(status), title_justify="left")
    for name, cell in _ROWS.items():
        table.add_row(name, *map(cell, status.figures))
    console = Console()
    console.print(table)
    verdict, experiment = status.verdict, status.experiment
    if verdict.unpaired and experiment.shadow:
        console.print(f"{verdict.unpaired:,} payments have no score of the other model and are left out.")
    console.print(f"{verdict.outcome}: {verdict.why}", highlight=False, soft_wrap=True)
    if verdict.outcome is Outcome.CHALLENGER:
        console.print(
            f"Next: upi-risk experiments stop {experiment.name} && upi-risk models promote {experiment.challenger}",
            highlight=False,
            soft_wrap=True,
        )
    elif verdict.outcome is not Outcome.UNDECIDED:
        console.print(f"Next: upi-risk experiments stop {experiment.name}", highlight=False, soft_wrap=True)


def _told(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    return f"{estimate.value:.4g} ({estimate.low:.4g}..{estimate.high:.4g})"


_ROWS: dict[str, Callable[[ArmFigures], str]] = {
    "payments": lambda arm: f"{arm.payments:,}",
    "frauds": lambda arm: f"{arm.frauds:,}",
    "precision": lambda arm: _told(arm.precision),
    "recall": lambda arm: _told(arm.recall),
    "AUC": lambda arm: _told(arm.auc),
    "good payments blocked": lambda arm: _told(arm.false_blocks),
    "missed rupees a payment": lambda arm: _told(arm.missed_rupees),
}
"""A figure a row and a model a column, which fits 80 characters; estimates have their 95 % interval beside."""
