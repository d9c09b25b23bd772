"""``upi-risk experiments``: what an operator types and reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import rich_click as click
from click.testing import CliRunner, Result

from tests.builders import NOON
from tests.houses import MemoryHouse
from tests.unit.adapters.test_experiment_figures import some_observed
from tests.unit.application.test_choose_and_follow_model import some_models
from upi_risk.adapters.matplotlib.experiment_page import render_experiment
from upi_risk.adapters.memory import MemoryExperiments
from upi_risk.adapters.numpy.arms import measure_arms
from upi_risk.application.run_experiment import ExperimentSoFar, StartExperiment, StopExperiment
from upi_risk.domain.experiment import Experiment, ExperimentConflictError, Observed
from upi_risk.entrypoints.cli.experiments import ExperimentHouse, experiments_command


class Planted(MemoryExperiments):
    """Whose payments are given."""

    rows: list[Observed]

    async def matured(
        self, experiment: Experiment, now: datetime, maturity: timedelta
    ) -> AsyncGenerator[Sequence[Observed], None]:
        yield self.rows


class House:
    def __init__(self) -> None:
        house, models = MemoryHouse(), some_models("v1", "v2")
        self.experiments = Planted(house.store)
        self.experiments.rows = []
        start = StartExperiment(models.store, self.experiments, house.clock)
        so_far = ExperimentSoFar(self.experiments, self.experiments, house.clock, measure_arms)
        self.tools = ExperimentHouse(start, so_far, StopExperiment(self.experiments, house.clock), render_experiment)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ExperimentHouse]:
        yield self.tools

    def run(self, *arguments: str, columns: int = 200) -> Result:
        command: click.Group = experiments_command(self.open)
        return CliRunner(env={"COLUMNS": str(columns)}).invoke(command, list(arguments))

    def said(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout


def test_an_experiment_is_started_looked_at_and_stopped(tmp_path: Path) -> None:
    house = House()
    assert "v2 decides for 10% of payers beside v1" in house.said(
        "start", "one", "--challenger", "v2", "--share", "0.1"
    )
    house.experiments.rows = some_observed()
    said = house.said("status", "one", "--plot", str(tmp_path / "one.html"))
    for line in ("v1", "v2", "undecided: Of each model 10,000", "still runs"):
        assert line in said
    assert (tmp_path / "one.html").read_text().startswith("<!doctype html>")
    assert "one ended 2026-03-02 06:30:00 UTC: stopped by hand." in house.said("stop", "one")
    assert "ended 2026-03-02" in house.said("status", "one")


def test_figures_are_told_in_full_on_a_narrow_terminal() -> None:
    """Red with a column for each figure: the intervals ended in dots."""
    house = House()
    house.said("start", "one", "--challenger", "v2", "--share", "0.1")
    house.experiments.rows = some_observed()
    said = house.run("status", "one", columns=80).stdout
    assert "…" not in said
    assert said.count("..") == 10


def test_the_next_step_is_named() -> None:
    house = House()
    house.said("start", "one", "--challenger", "v2", "--shadow", "--minimum", "1")
    good = [
        Observed(
            NOON + timedelta(days=n // 100), f"U{n}", 100_00, n % 5 == 0, "v1", 0.5,
            "BLOCK" if n % 10 == 0 else "ALLOW", 0.5, "BLOCK" if n % 5 == 0 else "ALLOW",
        )
        for n in range(2_000)
    ]  # fmt: skip
    house.experiments.rows = [*good, Observed(NOON, "U", 1, False, "v1", 0.1, "ALLOW")]
    said = house.said("status", "one")
    assert "1 payments have no score of the other model" in said
    assert "upi-risk experiments stop one && upi-risk models promote v2" in said
    bad = [Observed(o.at, o.user_id, o.amount_paise, o.fraud, "v1", 0.5, o.decision, 0.9, "BLOCK") for o in good]
    house.experiments.rows = bad
    said = house.said("status", "one")
    assert "the champion wins" in said
    assert said.rstrip().endswith("upi-risk experiments stop one")


@pytest.mark.parametrize("options", [(), ("--shadow", "--share", "0.1"), ("--share", "nan"), ("--share", "0.95")])
def test_shadow_or_share_and_a_share_that_is_one(options: tuple[str, ...]) -> None:
    assert House().run("start", "one", "--challenger", "v2", *options).exit_code == 2


def test_a_name_that_could_not_be_typed_again_is_refused() -> None:
    assert House().run("start", "../one", "--challenger", "v2", "--shadow").exit_code == 2


def test_a_second_experiment_is_refused() -> None:
    house = House()
    house.said("start", "one", "--challenger", "v2", "--shadow")
    assert isinstance(house.run("start", "two", "--challenger", "v2", "--shadow").exception, ExperimentConflictError)
