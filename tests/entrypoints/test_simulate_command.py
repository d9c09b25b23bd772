"""``upi-risk simulate`` at the terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from upi_risk.application.simulate import Progress, Simulate
from upi_risk.bootstrap.commands.simulate import command
from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.simulation import Figure, Simulated, SimulationOrder
from upi_risk.entrypoints.cli.simulate import simulate_command


@dataclass
class WorldOfOnePayment:
    """A world whose figures are given."""

    figures: tuple[Figure, ...]
    recorded: Simulated | None = None

    def make(self, order: SimulationOrder, progress: Progress) -> tuple[int, int, int]:
        progress(f"{order.users} people", 0.5)
        return 1, 1, 0

    def judge(self, order: SimulationOrder, progress: Progress) -> tuple[Figure, ...]:
        progress(f"{order.days} days", 0.9)
        return self.figures

    def record(self, simulated: Simulated) -> None:
        self.recorded = simulated


def run(*figures: Figure) -> tuple[int, str, WorldOfOnePayment]:
    world = WorldOfOnePayment(figures)
    simulate = Simulate(world, lambda: Usage(1.0, 1.0))
    result = CliRunner().invoke(simulate_command(lambda: simulate), ["--out", "payments.parquet"])
    return result.exit_code, " ".join(result.stdout.split()), world


def test_it_writes_three_files_and_prints_each_figure_beside_its_target(tmp_path: Path) -> None:
    out = tmp_path / "new" / "payments.parquet"
    arguments = ["--users", "400", "--days", "40", "--prevalence", "0.02", "--start", "2026-02-01", "--out", str(out)]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert out.is_file()
    assert out.with_suffix(".truth.parquet").is_file()
    record = json.loads(out.with_suffix(".json").read_bytes())
    assert (record["users"], record["seed"], record["start"]) == (400, 7, "2026-02-01")
    assert {"name", "value", "low", "high", "met"} == set(record["figures"][0])
    assert str(tmp_path) not in out.with_suffix(".json").read_text()
    assert "best attainable" in result.stdout
    assert "targets met" in result.stdout


def test_a_missed_target_is_said_and_is_no_failure() -> None:
    code, told, world = run(Figure("share", 0.5, 0.6, 0.7), Figure("other", 1.0, None, 2.0), Figure("third", 3.0))
    assert code == 0
    assert "MISSED" in told
    assert "1 of 2 targets met, 1 missed." in told
    assert world.recorded is not None


@pytest.mark.parametrize(("auc", "code"), [(0.98, 0), (0.9801, 1)])
def test_a_model_that_ranks_too_well_fails_the_population_after_it_was_recorded(auc: float, code: int) -> None:
    exit_code, told, world = run(Figure("a model: AUC", auc, 0.9, 1.0, model_auc=True))
    assert exit_code == code
    assert ("Too easy" in told) is (code == 1)
    assert world.recorded is not None


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "payments.csv")])
    assert result.exit_code == 2
    assert "does not end in .parquet" in " ".join(result.output.split())
