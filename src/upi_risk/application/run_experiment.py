"""Beginning an experiment, looking at it, and ending it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta

from upi_risk.domain.experiment import (
    MATURITY,
    Experiment,
    ExperimentConflictError,
    Experiments,
    ExperimentScores,
    Observed,
)
from upi_risk.domain.experiment_figures import ArmFigures
from upi_risk.domain.experiment_verdict import ExperimentRules, Verdict, judge
from upi_risk.domain.ports import Clock, ModelStore

MeasureArms = Callable[[Experiment, Sequence[Observed]], tuple[ArmFigures, ...]]
"""The figures of both models on matured payments."""


@dataclass(frozen=True, slots=True)
class ExperimentStatus:
    """What is known of an experiment now.

    Attributes:
        experiment: which one.
        figures: of each model, the champion first.
        verdict: whether somebody has won.
        maturity: after which a payment counts.
    """

    experiment: Experiment
    figures: tuple[ArmFigures, ...]
    verdict: Verdict
    maturity: timedelta


class StartExperiment:
    """Proves the challenger and lets services take it in."""

    def __init__(self, models: ModelStore, experiments: Experiments, clock: Clock) -> None:
        self._models = models
        self._experiments = experiments
        self._clock = clock

    async def __call__(self, name: str, challenger: str, *, share: float, minimum: int) -> Experiment:
        """Begin an experiment against the model that serves; running services follow.

        Args:
            name: of the experiment.
            challenger: the version to try.
            share: of payers for whom it decides; 0 is shadow.
            minimum: matured payments that each model has to have before a winner may be called.

        Raises:
            ModelRejectedError: no model is named to serve, or the challenger does not load.
            ExperimentConflictError: the challenger serves already, an experiment runs, or the name is taken.
        """
        champion = self._models.load(self._models.current()).card
        card = self._models.load(challenger).card
        if card.version == champion.version:
            raise ExperimentConflictError(f"{challenger} serves already: name another version as the challenger.")
        now = self._clock.now()
        experiment = Experiment(name, champion.version, card.version, share, minimum, now)
        await self._experiments.start(experiment)
        return experiment


class ExperimentSoFar:
    """Measures both models on matured payments and says whether one has won."""

    def __init__(self, experiments: Experiments, scores: ExperimentScores, clock: Clock, measure: MeasureArms) -> None:
        self._experiments = experiments
        self._scores = scores
        self._clock = clock
        self._measure = measure

    async def __call__(self, name: str, rules: ExperimentRules, maturity: timedelta = MATURITY) -> ExperimentStatus:
        """What is known now.

        Raises:
            ExperimentConflictError: there was no experiment of this name.
            StoreUnavailableError: the store cannot be read.
        """
        experiment = await self._experiments.find(name)
        if experiment is None:
            raise ExperimentConflictError(f"There is no experiment {name}.")
        observed: list[Observed] = []
        async with aclosing(self._scores.matured(experiment, self._clock.now(), maturity)) as pages:
            async for page in pages:
                observed += page
        figures = self._measure(experiment, observed)
        return ExperimentStatus(experiment, figures, judge(experiment, observed, rules), maturity)


class StopExperiment:
    """Ends an experiment; the model that serves decides for everybody again."""

    def __init__(self, experiments: Experiments, clock: Clock) -> None:
        self._experiments = experiments
        self._clock = clock

    async def __call__(self, name: str, outcome: str = "stopped by hand") -> Experiment:
        """End it; one that has ended stays as it ended.

        Raises:
            ExperimentConflictError: there is none of this name.
        """
        return await self._experiments.stop(name, self._clock.now(), outcome)
