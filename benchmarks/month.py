"""A model's life on simulated time: traffic, late labels, planted drift, retraining, shadow, A/B, promotion, rollback.

``python -m benchmarks.month STREAM.parquet OUT`` takes a stream of ``upi-risk simulate`` of 109 days or more, and the
shipped v2.0. Everything but the stores and the clock is what runs in service: the stores are those in memory.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from zlib import crc32

from matplotlib.axes import Axes

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.files.workshop import FileWorkshop
from upi_risk.adapters.matplotlib.drawing import FRAUD, GOOD, QUIET, drawn
from upi_risk.adapters.matplotlib.experiment_page import render_experiment
from upi_risk.adapters.matplotlib.monitoring_page import render_monitoring
from upi_risk.adapters.memory import (
    ManualClock,
    MemoryExperiments,
    MemoryFigures,
    MemoryHistory,
    MemoryLedger,
    MemoryPastChecks,
    MemorySnapshotCache,
    MemoryStore,
    MemoryUsers,
    SeededIdentities,
)
from upi_risk.adapters.numpy.arms import measure_arms
from upi_risk.adapters.polars.export_folder import ParquetExport
from upi_risk.adapters.polars.stream import StreamSlice, read_slice
from upi_risk.application.amend import AmendHistory
from upi_risk.application.arms import DecideByArms, ScoreBehind, Trial
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.choose_model import ChooseModel
from upi_risk.application.collect import Collect
from upi_risk.application.decide import Decide
from upi_risk.application.follow_experiment import FollowExperiment
from upi_risk.application.follow_model import FollowModel, SwappingScorer
from upi_risk.application.model_health import ModelHealth
from upi_risk.application.monitor_model import MonitorModel
from upi_risk.application.outcomes import ConfirmTransaction, ReportFraud
from upi_risk.application.replay import Outcomes, Replay
from upi_risk.application.retrain import Retrain, RetrainingOrder, Tools
from upi_risk.application.run_experiment import ExperimentSoFar, StartExperiment, StopExperiment
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.bootstrap.commands.train import build_trainer
from upi_risk.domain.experiment import Experiment
from upi_risk.domain.experiment_verdict import ExperimentRules, Outcome
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.stream import FileForm, StreamedPayment

DRIFT, RETRAIN, SPLIT, JUDGE, BACK = 28, 56, 70, 91, 98
"""Days from the beginning: frauds change, a model is made, it decides for half, it is judged and promoted, rollback."""

HOUR, ONE_IN = 11, 6
"""After the drift, one payment in so many of this hour of the Indian day is a fraud of the new kind."""

LEAST, SPREAD = 6_000_00, 500_00
"""Its amount in paise: the least, and how far above that at most."""

INDIA = timedelta(hours=5, minutes=30)
DELAY = timedelta(days=3)
"""From a fraud to its report."""

SHIPPED = Path(__file__).resolve().parents[1] / "artifacts" / "models" / "v2.0"


class Life:
    """One service on made-up time."""

    def __init__(self, folder: Path, begin: datetime) -> None:
        self.folder, self.begin = folder, begin
        self.clock, self.store, identities = ManualClock(begin), MemoryStore(), SeededIdentities(7)
        models = folder / "models"
        models.mkdir(parents=True)
        shutil.copytree(SHIPPED, models / "v2.0")
        (models / "CURRENT").write_text("v2.0\n", encoding="utf-8")
        self.models = FileModelStore(models, open_scorer)
        self.scorer = SwappingScorer(self.models.load("v2.0"))
        ledger, cache = MemoryLedger(self.store), MemorySnapshotCache(self.clock)
        self.policy = RiskPolicy()
        self.arms = DecideByArms(Decide(self.scorer, self.policy))
        check = CheckTransaction(LoadSnapshot(ledger, cache), self.arms, ledger, cache)
        self.experiments, history = MemoryExperiments(self.store), MemoryHistory(self.store)
        self.behind = ScoreBehind(check, self.arms, self.scorer, self.policy, self.experiments)
        amend = AmendHistory(ledger, cache)
        outcomes = Outcomes(
            ConfirmTransaction(history, self.clock, amend), ReportFraud(history, self.clock, amend, ledger, cache)
        )
        self.replay = Replay(MemoryUsers(self.store), identities, self.behind, outcomes)  # type: ignore[arg-type]  # called like it
        self.follow_model = FollowModel(self.models, self.scorer, print)
        self.follow = FollowExperiment(self.experiments, self.scorer, self.arms, self._trial, self._tell)
        start = StartExperiment(self.models, self.experiments, self.clock)
        self.start, self.stop = start, StopExperiment(self.experiments, self.clock)
        self.so_far = ExperimentSoFar(self.experiments, self.experiments, self.clock, measure_arms)
        past = MemoryPastChecks(self.store)
        collect = Collect(past, self.clock, identities)
        tools = Tools(collect, ParquetExport, build_trainer(2, FileForm()), lambda version: models / version)
        self.retrain = Retrain(tools, FileWorkshop(models), self.models, start, self.clock)
        self.monitor = MonitorModel(past, self.models, self.models, MemoryFigures(), self.clock)
        self.choose = ChooseModel(self.models, self.models)

    def _trial(self, experiment: Experiment) -> Trial:
        scorer, health = self.models.load(experiment.challenger), ModelHealth(lambda: 0.0, lambda _: None)
        return Trial(experiment, scorer, Decide(scorer, self.policy, health), health)

    def _tell(self, event: object) -> None:
        print(f"{self.clock.now():%Y-%m-%d}: {type(event).__name__}")

    async def day(self, number: int, rows: list[StreamedPayment]) -> None:
        """One day's traffic, between looks at what is named to serve and to be tried."""
        self.clock.advance(self.begin + timedelta(days=number) - self.clock.now())
        await self.follow_model.look()
        await self.follow.look()
        await self.replay(rows, lambda _: None)
        await self.behind.settle()

    async def retrained(self) -> None:
        """What the worker does each month."""
        order = RetrainingOrder(label_delay=DELAY, iterations=300, minimum=1_000)
        print(await self.retrain(order, print), flush=True)

    async def shared(self) -> None:
        """Look at the shadow, then let the challenger decide for half of the payers."""
        trial = self.arms.trial
        if trial is None:
            raise SystemExit("No model came out of retraining.")
        await self.judged(trial.experiment.name)
        await self.stop(trial.experiment.name)
        await self.start("ab", trial.experiment.challenger, share=0.5, minimum=1_000)

    async def promoted(self) -> None:
        """Promote whom the test proposes; nobody else."""
        won = await self.judged("ab")
        await self.stop("ab")
        if won is not Outcome.CHALLENGER:
            raise SystemExit("The test proposes nobody: nothing is promoted.")
        print("promoted", self.choose.promote(max(set(self.models.versions()) - {"v2.0"})).version, flush=True)

    async def rolled_back(self) -> None:
        """Go back to the model before."""
        print("rolled back to", self.choose.roll_back().version, flush=True)

    async def judged(self, name: str) -> Outcome:
        """Print and draw an experiment, and say who has won by the rules as they ship."""
        status = await self.so_far(name, ExperimentRules())
        print(f"{name}: {status.verdict.outcome}. {status.verdict.why}", flush=True)
        for arm in status.figures:
            told = (
                f"{key} {getattr(arm, key).value:.4g}" for key in ("precision", "recall", "auc") if getattr(arm, key)
            )
            print(f"  {arm.model_version}: {arm.payments:,} payments, {arm.frauds} frauds, {', '.join(told)}")
        page = render_experiment(status.experiment, status.figures, status.verdict, "On simulated time.")
        (self.folder / f"{name}.html").write_text(page, encoding="utf-8")
        return status.verdict.outcome


def drifted(rows: Iterator[StreamedPayment], begin: datetime) -> Iterator[StreamedPayment]:
    """From a day on there is fraud of a new kind: at one hour, of 6,000 rupees, to whom the payer would have paid."""
    for row in rows:
        drawn = crc32(f"{row.user_id}{row.at}".encode())
        if row.at < begin + timedelta(days=DRIFT) or (row.at + INDIA).hour != HOUR or drawn % ONE_IN:
            yield row
            continue
        paise = LEAST + drawn // ONE_IN % SPREAD
        yield replace(row, amount_paise=paise, is_fraud=True, reported_at=row.at + DELAY)


async def live(stream: Path, folder: Path) -> None:
    """The whole life."""
    rows = read_slice(stream, StreamSlice(None, None, None, DELAY), "M-", "okbank").payments
    first = next(rows)
    begin = datetime.combine(first.at.date(), datetime.min.time(), UTC)
    life = Life(folder, begin)
    steps = {RETRAIN: life.retrained, SPLIT: life.shared, JUDGE: life.promoted, BACK: life.rolled_back}
    for number, day in groupby(drifted(rows, begin), lambda row: (row.at - begin).days):
        if number > BACK + 9:
            break
        await life.day(number, list(day))
        if number in steps:
            await steps[number]()
    life.clock.advance(timedelta(days=10))
    _tell(life, await life.monitor())


def _tell(life: Life, found: object) -> None:
    (life.folder / "monitor.html").write_text(render_monitoring(found), encoding="utf-8")  # type: ignore[arg-type]
    weeks: dict[int, list[int]] = {}
    for rows in life.store.transactions.values():
        for row in rows.values():
            cell = weeks.setdefault((row.payment.at - life.begin).days // 7, [0, 0, 0])
            alert = row.assessment.decision != "ALLOW"
            cell[0] += row.reported_at is not None
            cell[1] += row.reported_at is not None and alert
            cell[2] += alert
    for week, (frauds, caught, alerts) in sorted(weeks.items()):
        recall, precision = caught / max(frauds, 1), caught / max(alerts, 1)
        print(f"week {week}: {frauds} frauds, recall {recall:.2f}, precision {precision:.2f}")

    def draw(axes: Axes) -> None:
        order = sorted(weeks)
        axes.plot(order, [weeks[w][1] / max(weeks[w][0], 1) for w in order], color=FRAUD, marker="o", label="recall")
        axes.plot(order, [weeks[w][1] / max(weeks[w][2], 1) for w in order], color=GOOD, marker="o", label="precision")
        for day, name in ((DRIFT, "drift"), (RETRAIN, "shadow"), (SPLIT, "A/B"), (JUDGE, "promoted"), (BACK, "back")):
            axes.axvline(day / 7 - 0.5, color=QUIET, linestyle=":")
            before = day == JUDGE  # the next line is too near for what it says
            axes.text(day / 7 - (0.58 if before else 0.42), 1.03, name, ha="right" if before else "left")
        axes.set_ylim(0, 1.12)
        axes.set_xlabel("week")
        axes.legend()

    (life.folder / "month.svg").write_text(drawn("month", "Live quality by week", draw, width=9), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), Path(sys.argv[2])))
