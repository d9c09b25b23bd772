"""What every store of runs promises; see upi_risk.domain.schedule.Runs. And workshops, which models are made in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import NOON, later
from upi_risk.adapters.files.workshop import FileWorkshop
from upi_risk.adapters.memory import MemoryRuns, MemoryWorkshop
from upi_risk.adapters.postgres.runs import PostgresRuns
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.retraining import Workshop
from upi_risk.domain.schedule import Run, Runs


@pytest.fixture(params=["memory", "postgres"])
def runs(request: pytest.FixtureRequest) -> Runs:
    if request.param == "memory":
        return MemoryRuns()
    return PostgresRuns(request.getfixturevalue("engine"))


async def test_one_at_a_time_runs_a_task(runs: Runs) -> None:
    async with runs.alone("retrain") as first, runs.alone("retrain") as second, runs.alone("monitor") as other:
        assert (first, second, other) == (True, False, True)
        async with runs.alone("retrain") as third:
            assert not third
    async with runs.alone("retrain") as again:
        assert again


async def test_a_task_that_fails_lets_go(runs: Runs) -> None:
    with pytest.raises(ZeroDivisionError):
        async with runs.alone("retrain"):
            raise ZeroDivisionError
    async with runs.alone("retrain") as again:
        assert again


async def test_a_run_is_kept_by_task_and_period_and_the_last_word_stands(runs: Runs) -> None:
    run = Run("retrain", "2026-03", 1, NOON)
    await runs.keep(run)
    await runs.keep(Run("retrain", "2026-02", 1, later(days=-28), NOON, succeeded=True, said="done"))
    assert await runs.find("retrain", "2026-03") == run
    ended = run.ended(later(hours=1), "It broke", succeeded=False)
    await runs.keep(ended)
    assert await runs.find("retrain", "2026-03") == ended
    assert await runs.find("monitor", "2026-03") is None
    await runs.keep(Run("monitor", "2026-03-02", 1, NOON))
    assert [run.task for run in await runs.latest()] == ["monitor", "retrain"]
    assert (await runs.latest())[1] == ended


@pytest.fixture(params=["memory", "files"])
def workshop(request: pytest.FixtureRequest, tmp_path: Path) -> Workshop:
    if request.param == "memory":
        return MemoryWorkshop(tmp_path)
    (tmp_path / "models").mkdir()
    return FileWorkshop(tmp_path / "models")


def test_a_day_s_models_have_names_of_their_own(workshop: Workshop) -> None:
    first = workshop.bench("2026-03-02")
    assert first.version == "v2026.03.02"
    workshop.register(first)
    workshop.clear(first)
    second = workshop.bench("2026-03-02")
    assert second.version == "v2026.03.02-2"
    workshop.register(second)
    assert workshop.bench("2026-03-02").version == "v2026.03.02-3"


def test_a_model_is_registered_once(workshop: Workshop) -> None:
    bench = workshop.bench("2026-03-02")
    workshop.register(bench)
    with pytest.raises(ModelRejectedError, match="cannot be"):
        workshop.register(bench)


def test_what_an_earlier_attempt_left_is_gone_and_a_model_moves_whole(tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    workshop = FileWorkshop(models)
    cut_off = workshop.bench("2026-03-02")
    (cut_off.export / "part").write_text("x")
    bench = workshop.bench("2026-03-02")
    assert bench == cut_off
    assert list(bench.export.iterdir()) == list(bench.model.iterdir()) == []
    (bench.model / "card.json").write_text("{}")
    assert not any(models.iterdir())
    workshop.register(bench)
    assert (models / "v2026.03.02" / "card.json").exists()
    workshop.clear(bench)
    assert not bench.export.parent.exists()
