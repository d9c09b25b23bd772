"""The worker: what is due is done once, failures are told and tried again, and a new model never serves by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.builders import NOON, later
from tests.houses import MemoryHouse
from tests.unit.application.test_choose_and_follow_model import some_models
from upi_risk.adapters.memory import ManualClock, MemoryExperiments, MemoryPastChecks, MemoryRuns, MemoryWorkshop
from upi_risk.adapters.polars.export_folder import ParquetExport
from upi_risk.application.collect import Collect
from upi_risk.application.retrain import Retrain, RetrainingOrder, Tools
from upi_risk.application.run_experiment import ExperimentSoFar, StartExperiment, StopExperiment
from upi_risk.application.train_model import Trained, TrainingOrder
from upi_risk.application.watch_experiment import WatchExperiment
from upi_risk.application.work import Task, Work
from upi_risk.domain.errors import StoreUnavailableError, TooEarlyError, UnusableDataError
from upi_risk.domain.experiment import Experiment, Observed
from upi_risk.domain.gate import Check, Verdict
from upi_risk.domain.schedule import MOST_ATTEMPTS, Every, Run


@pytest.mark.parametrize(
    ("every", "period"), [(Every.HOUR, "2026-03-02T06"), (Every.DAY, "2026-03-02"), (Every.MONTH, "2026-03")]
)
def test_a_period_is_of_the_calendar(every: Every, period: str) -> None:
    assert every.period(NOON) == period
    assert every.period(datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) != every.period(datetime(2026, 4, 1, tzinfo=UTC))


@dataclass
class Working:
    """A worker with one task, on made-up time."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    runs: MemoryRuns = field(default_factory=MemoryRuns)
    told: list[Run] = field(default_factory=list)
    done: int = 0
    error: Exception | None = None

    def __post_init__(self) -> None:
        self.task = Task("monitor", Every.DAY, self._do)
        self.work = Work(self.runs, self.clock, self.told.append)

    async def _do(self) -> str:
        self.done += 1
        await asyncio.sleep(0)
        if self.error is not None:
            raise self.error
        return "done"


async def test_a_task_is_done_once_a_period() -> None:
    at = Working()
    for _ in range(3):
        await at.work.look([at.task])
    assert at.done == 1
    at.clock.advance(timedelta(days=1))
    await at.work.look([at.task])
    assert at.done == 2
    assert [(run.period, run.succeeded, run.said) for run in at.told] == [
        ("2026-03-02", True, "done"),
        ("2026-03-03", True, "done"),
    ]


async def test_two_workers_that_look_at_once_do_it_once() -> None:
    """Red without the lock, and red where the lock is taken without looking again: both would do it."""
    at = Working()
    other = Work(at.runs, at.clock, at.told.append)
    await asyncio.gather(at.work.look([at.task]), other.look([at.task]), at.work.look([at.task]))
    assert at.done == 1


async def test_a_worker_that_looked_before_another_was_done_does_not_do_it_again() -> None:
    at = Working()

    class Late(MemoryRuns):
        async def find(self, task: str, period: str) -> Run | None:
            found = await super().find(task, period)
            if found is None:
                await super().keep(Run(task, period, 1, NOON, NOON, succeeded=True))
            return found

    at.runs = Late()
    await Work(at.runs, at.clock, at.told.append).look([at.task])
    assert at.done == 0


async def test_a_task_that_fails_says_why_and_is_tried_again_later_and_not_for_ever() -> None:
    at = Working(error=UnusableDataError("There are no frauds."))
    await at.work.look([at.task])
    await at.work.look([at.task])
    assert at.done == 1
    assert at.told[0].said == "UnusableDataError: There are no frauds."
    assert not at.told[0].succeeded
    at.clock.advance(timedelta(minutes=30))
    await at.work.look([at.task])
    at.clock.advance(timedelta(minutes=59))
    await at.work.look([at.task])
    assert at.done == 2
    for _ in range(5):
        at.clock.advance(timedelta(hours=1))
        await at.work.look([at.task])
    assert at.done == MOST_ATTEMPTS


async def test_a_run_that_was_cut_off_is_tried_again() -> None:
    at = Working()
    await at.runs.keep(Run("monitor", "2026-03-02", 1, later(hours=-1)))
    await at.work.look([at.task])
    assert at.done == 1
    assert at.told[0].attempt == 2


async def test_by_hand_a_task_is_done_again_but_never_beside_another_run() -> None:
    at = Working()
    await at.work.look([at.task])
    run = await at.work.now(at.task)
    assert run is not None
    assert (at.done, run.attempt) == (2, 2)
    async with at.runs.alone("monitor"):
        assert await at.work.now(at.task) is None
    assert at.done == 2


async def test_what_is_cancelled_is_not_told_as_a_failure() -> None:
    at = Working()

    async def hang() -> str:
        await asyncio.sleep(3_600)
        return ""

    running = asyncio.create_task(at.work.now(Task("monitor", Every.DAY, hang)))
    await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert at.told == []


async def test_a_store_that_fails_ends_no_worker() -> None:
    at = Working()
    failures: list[Exception] = []
    enough = asyncio.Event()

    class Away(MemoryRuns):
        async def find(self, task: str, period: str) -> Run | None:
            if len(failures) < 2:
                raise StoreUnavailableError
            enough.set()
            return await super().find(task, period)

    working = asyncio.create_task(Work(Away(), at.clock, at.told.append).forever([at.task], 0, failures.append))
    await asyncio.wait_for(enough.wait(), 60)
    working.cancel()
    await asyncio.wait({working})
    assert len(failures) == 2


def a_verdict(*, passed: bool) -> Verdict:
    check = Check("AUC", 0.95 if passed else 0.5, 0.9, inclusive=False, required=True, why="the floor")
    return Verdict((check,), None, strict=False)


@dataclass
class Retraining:
    """A house in which models are made."""

    root: Path
    verdict: Verdict | None = field(default_factory=lambda: a_verdict(passed=True))
    error: Exception | None = None
    house: MemoryHouse = field(default_factory=MemoryHouse)

    def __post_init__(self) -> None:
        house = self.house
        self.models = some_models("v1", "v2026.03.02")
        self.experiments = MemoryExperiments(house.store)
        self.workshop = MemoryWorkshop(self.root)
        self.orders: list[TrainingOrder] = []
        self.steps: list[str] = []
        collect = Collect(MemoryPastChecks(house.store), house.clock, house.identities)
        tools = Tools(collect, self._export, self._train, lambda version: self.root / version)
        start = StartExperiment(self.models.store, self.experiments, house.clock)
        self.retrain = Retrain(tools, self.workshop, self.models.store, start, house.clock)

    def _export(self, folder: Path) -> ParquetExport:
        folder.mkdir(parents=True)
        return ParquetExport(folder)

    def _train(self, order: TrainingOrder, progress: Any) -> Trained:  # noqa: ANN401 - told what is done
        self.orders.append(order)
        for share in (0.0, 0.5):
            progress("Growing trees", share)
        if self.error is not None:
            raise self.error
        return cast("Trained", SimpleNamespace(record=SimpleNamespace(verdict=self.verdict)))

    async def __call__(self, *, empty: bool = False, **order: Any) -> str:  # noqa: ANN401 - a field's own type
        if not empty:
            self.house.set_clock(NOON - timedelta(days=1))
            await self.house.check([self.house.payment(await self.house.a_user(at=self.house.clock.now()))])
            self.house.set_clock(NOON)
        return await self.retrain(RetrainingOrder(**order), self.steps.append)


async def test_a_model_that_passes_is_registered_and_scores_in_shadow_and_the_serving_one_goes_on(
    tmp_path: Path,
) -> None:
    at = Retraining(tmp_path)
    said = await at(iterations=7, minimum=5)
    assert said.startswith("v2026.03.02 is registered and scores in shadow")
    assert at.workshop.registered == ["v2026.03.02"]
    assert at.workshop.making == []
    assert at.models.store.current() == "v1"
    assert await at.experiments.running() == Experiment("v2026.03.02", "v1", "v2026.03.02", 0.0, 5, NOON)
    (order,) = at.orders
    assert (order.version, order.against, order.parameters.iterations) == ("v2026.03.02", tmp_path / "v1", 7)
    assert at.steps == ["Collecting", "Growing trees"]


async def test_a_service_that_has_checked_nothing_yet_makes_no_model_and_has_not_failed(tmp_path: Path) -> None:
    """Red without the look at what was collected: training finds no files, and the task counts as failed."""
    at = Retraining(tmp_path)
    nothing = "No model was made: nothing was checked in the last 180 days (the last 60 seconds do not count yet)."
    assert await at(empty=True) == nothing
    assert (at.orders, at.workshop.registered, at.workshop.making) == ([], [], [])


async def test_a_service_that_is_too_young_makes_no_model_and_has_not_failed(tmp_path: Path) -> None:
    """Red where the error is not caught: the alert on failed tasks would fire for each new installation."""
    at = Retraining(tmp_path, error=TooEarlyError("It is too early."))
    assert await at() == "No model was made: It is too early."
    assert (at.workshop.registered, at.workshop.making) == ([], [])


@pytest.mark.parametrize("verdict", [a_verdict(passed=False), None])
async def test_a_model_that_the_gate_refuses_is_thrown_away(tmp_path: Path, verdict: Verdict | None) -> None:
    at = Retraining(tmp_path, verdict)
    assert (await at()).startswith("v2026.03.02 is not registered.")
    assert (at.workshop.registered, at.workshop.making) == ([], [])
    assert await at.experiments.running() is None
    assert at.orders[0].parameters.iterations == 1_000


async def test_a_training_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    """Red without the clearing at the end: the history would stay on the disk."""
    at = Retraining(tmp_path, error=UnusableDataError("There are no frauds."))
    with pytest.raises(UnusableDataError):
        await at()
    assert (at.workshop.registered, at.workshop.making) == ([], [])
    assert at.models.store.current() == "v1"


async def test_beside_another_experiment_a_new_model_waits(tmp_path: Path) -> None:
    at = Retraining(tmp_path)
    await at.experiments.start(Experiment("one", "v1", "v0", 0.1, 5, NOON))
    assert "is registered, but not tried. The experiment one runs" in await at()


class Planted(MemoryExperiments):
    rows: list[Observed]

    async def matured(self, experiment: Experiment, now: datetime, maturity: timedelta) -> Any:  # noqa: ANN401
        yield self.rows


@pytest.mark.parametrize(
    ("challenger", "said", "runs"),
    [
        ("ALLOW", "undecided", True),
        ("BLOCK on fraud", "Proposed: upi-risk models promote v2", True),
        ("BLOCK", "It was stopped.", False),
    ],
)
async def test_who_has_won_is_proposed_and_who_does_harm_is_stopped(challenger: str, said: str, runs: bool) -> None:
    house = MemoryHouse()
    experiments = Planted(house.store)
    so_far = ExperimentSoFar(experiments, experiments, house.clock, lambda *_: ())
    watch = WatchExperiment(experiments, so_far, StopExperiment(experiments, house.clock))
    assert await watch() == "No experiment runs."
    await experiments.start(Experiment("one", "v1", "v2", 0.0, 5, NOON))
    row = Observed(NOON, "U", 100_00, False, "v1", 0.5, "ALLOW", 0.5, "ALLOW")
    experiments.rows = []
    for number in range(1_000):
        fraud = number % 2 == 0
        blocks = challenger == "BLOCK" or (fraud and challenger == "BLOCK on fraud")
        other = "BLOCK" if blocks else "ALLOW"
        own = "BLOCK" if not fraud and number % 100 == 1 else "ALLOW"
        experiments.rows.append(
            replace(
                row, user_id=f"U{number}", fraud=fraud, decision=own, other_decision=own if other == "ALLOW" else other
            )
        )
    assert said in await watch()
    assert (await experiments.running() is not None) is runs
