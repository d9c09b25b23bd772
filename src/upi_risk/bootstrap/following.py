"""What a serving process takes over while it serves: another model, and experiments."""

from __future__ import annotations

import asyncio
from time import monotonic

import structlog

from upi_risk.application.arms import Trial
from upi_risk.application.follow_experiment import ExperimentEvent, FollowExperiment, Joined, NotJoined
from upi_risk.application.follow_model import Event, FollowModel, Swapped
from upi_risk.application.model_health import ModelHealth
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.logging import tell_model_failure
from upi_risk.bootstrap.metering import MeasuredDecide
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.experiment import Experiment


class Following:
    """Takes over the model that CURRENT names, unless the operator has pinned one, and joins the experiment that runs.

    Neither happens where MODEL_POLL_SECONDS is 0.
    """

    def __init__(self, container: Container, settings: Settings) -> None:
        self._container = container
        self._pinned = bool(settings.model_version)
        self._seconds = settings.model_poll_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to look, if that is wanted."""
        container = self._container
        if not self._seconds:
            return
        if not self._pinned:
            follow = FollowModel(container.models(), container.scorer(), _log_model)
            self._tasks.add(asyncio.create_task(follow.forever(self._seconds)))
        join = FollowExperiment(
            container.experiments(),
            container.scorer(),
            container.arms(),
            self._trial,
            _log_experiment,
        )
        self._tasks.add(asyncio.create_task(join.forever(self._seconds)))

    async def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _trial(self, experiment: Experiment) -> Trial:
        container = self._container
        challenger = container.models().load(experiment.challenger)
        health = ModelHealth(monotonic, tell_model_failure)
        decide = MeasuredDecide(challenger, container.policy(), health, container.rules_in_force(), container.meter())
        return Trial(experiment, challenger, decide, health)


def _log_model(event: Event) -> None:
    log = structlog.get_logger("upi_risk")
    if isinstance(event, Swapped):
        log.info("model swapped", before=event.before, after=event.after)
    else:
        log.error("model refused", serving=event.serving, wanted=event.wanted, reason=str(event.error))


def _log_experiment(event: ExperimentEvent) -> None:
    log = structlog.get_logger("upi_risk")
    name, challenger = event.experiment.name, event.experiment.challenger
    if isinstance(event, NotJoined):
        log.error("challenger refused", experiment=name, challenger=challenger, reason=str(event.error))
    elif isinstance(event, Joined):
        log.info("experiment joined", experiment=name, challenger=challenger, share=event.experiment.share)
    else:
        log.info("experiment left", experiment=name)
