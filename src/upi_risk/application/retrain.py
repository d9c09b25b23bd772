"""From what was decided and labelled to a new model that is tried in shadow. The serving model is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from upi_risk.application.collect import Collect, CollectionOrder
from upi_risk.application.run_experiment import StartExperiment
from upi_risk.application.train_model import Trained, TrainingOrder
from upi_risk.application.validate_model import Progress
from upi_risk.domain.collecting import IN_FLIGHT, ExportFolder
from upi_risk.domain.errors import TooEarlyError, UpiRiskError
from upi_risk.domain.ports import Clock, ModelStore
from upi_risk.domain.retraining import Bench, Workshop
from upi_risk.domain.training import DEFAULTS


@dataclass(frozen=True, slots=True)
class RetrainingOrder:
    """What is wanted of a new model.

    Attributes:
        history: how far back to learn from.
        label_delay: from a payment to its report, mostly; the latest payments are measured on, not learned.
        iterations: trees; None: as many as the serving model's features mostly take.
        minimum: matured payments before the experiment may call a winner.
        key: makes the pseudonyms of the export.
    """

    history: timedelta = timedelta(days=180)
    label_delay: timedelta = timedelta(days=7)
    iterations: int | None = None
    minimum: int = 10_000
    key: str = ""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a model is made with.

    Attributes:
        collect: history out of the store.
        export: opens a folder for it.
        train: makes the model.
        folder_of: where a version lies, to compare with.
    """

    collect: Collect
    export: Callable[[Path], ExportFolder]
    train: Callable[[TrainingOrder, Progress], Trained]
    folder_of: Callable[[str], Path]


class Retrain:
    """Collect, train, judge, register, start the shadow; a person promotes."""

    def __init__(
        self, tools: Tools, workshop: Workshop, models: ModelStore, start: StartExperiment, clock: Clock
    ) -> None:
        self._tools = tools
        self._workshop = workshop
        self._models = models
        self._start = start
        self._clock = clock

    async def __call__(self, order: RetrainingOrder, progress: Callable[[str], None]) -> str:
        """Make a model and have it tried. Returns what came of it, a sentence.

        A model that the gate refuses is thrown away, and that is no failure. Nor is it one of a service that has
        nothing to learn from yet, or too short a time of it.

        Raises:
            UpiRiskError: it could not be done; the message says why, and nothing is left behind.
        """
        bench = self._workshop.bench(self._clock.now().date().isoformat())
        try:
            progress("Collecting")
            since = self._clock.now() - order.history
            wanted = CollectionOrder(since=since, key=order.key)
            collected = await self._tools.collect(wanted, self._tools.export(bench.export), lambda *_: None)
            if not collected.rows:
                under_way = f"the last {IN_FLIGHT // timedelta(seconds=1)} seconds do not count yet"
                return f"No model was made: nothing was checked in the last {order.history.days} days ({under_way})."
            try:
                trained = await self._train(bench, order, progress)
            except TooEarlyError as error:
                return f"No model was made: {error}"
            verdict = trained.record.verdict
            if verdict is None or not verdict.passed:
                return f"{bench.version} is not registered. {verdict}"
            self._workshop.register(bench)
            return await self._tried(bench.version, order, str(verdict))
        finally:
            self._workshop.clear(bench)

    async def _train(self, bench: Bench, order: RetrainingOrder, progress: Callable[[str], None]) -> Trained:
        serving = self._models.current()
        features = self._models.load(serving).card.set
        usual, told = DEFAULTS[features.name], ""

        def step(name: str, _: float) -> None:
            nonlocal told
            if name != told:
                told = name
                progress(name)

        wanted = TrainingOrder(
            transactions=bench.export,
            out=bench.model,
            version=bench.version,
            parameters=replace(usual, iterations=order.iterations or usual.iterations),
            label_delay=order.label_delay,
            against=self._tools.folder_of(serving),
            features=features,
        )
        return await asyncio.to_thread(self._tools.train, wanted, step)

    async def _tried(self, version: str, order: RetrainingOrder, verdict: str) -> str:
        try:
            await self._start(version, version, share=0.0, minimum=order.minimum)
        except UpiRiskError as error:
            return f"{version} is registered, but not tried. {error} {verdict}"
        return f"{version} is registered and scores in shadow: upi-risk experiments status {version}. {verdict}"
