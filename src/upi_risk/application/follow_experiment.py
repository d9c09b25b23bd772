"""Taking part in the experiment that runs, also when it begins or ends while we serve."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from upi_risk.application.arms import DecideByArms, Trial
from upi_risk.domain.experiment import Experiment, Experiments
from upi_risk.domain.ports import Scorer

LOOKS_APART: Final = 12
"""Looks to let pass before a challenger that was refused is tried again."""


@dataclass(frozen=True, slots=True)
class Joined:
    """This process takes part from now on."""

    experiment: Experiment


@dataclass(frozen=True, slots=True)
class Left:
    """This process takes no part any more: the experiment ended, or another model serves than it is about."""

    experiment: Experiment


@dataclass(frozen=True, slots=True)
class NotJoined:
    """The challenger may not be asked; the champion decides for everybody."""

    experiment: Experiment
    error: Exception


ExperimentEvent = Joined | Left | NotJoined


class FollowExperiment:
    """Looks which experiment runs, loads and proves its challenger in a thread, and lets it take part."""

    def __init__(
        self,
        experiments: Experiments,
        champion: Scorer,
        arms: DecideByArms,
        begin: Callable[[Experiment], Trial],
        tell: Callable[[ExperimentEvent], None],
    ) -> None:
        """``champion`` is the model that serves; ``begin`` loads a challenger, proves it and makes a trial of it."""
        self._experiments = experiments
        self._champion = champion
        self._arms = arms
        self._begin = begin
        self._tell = tell
        self._refused: Experiment | None = None
        self._wait = 0

    async def look(self) -> None:
        """Look once. Never raises: while nobody knows what runs, everything stays as it is."""
        try:
            wanted = await self._experiments.running()
        except Exception:  # noqa: BLE001 - a store that fails tells nothing about experiments
            return
        if wanted is not None and wanted.champion != self._champion.card.version:
            wanted = None
        trial = self._arms.trial
        if trial is not None and trial.experiment != wanted:
            self._arms.trial = None
            self._tell(Left(trial.experiment))
        if wanted is None or (trial is not None and trial.experiment == wanted):
            return
        if wanted == self._refused and self._wait > 0:
            self._wait -= 1
            return
        await self._join(wanted)

    async def forever(self, seconds: float) -> None:
        """Look again and again, with a pause of some seconds; ends when it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(seconds)

    async def _join(self, wanted: Experiment) -> None:
        try:
            trial = await asyncio.to_thread(self._begin, wanted)
        except Exception as error:  # noqa: BLE001 - a challenger that cannot be had must not end the service
            if wanted != self._refused:
                self._tell(NotJoined(wanted, error))
            self._refused, self._wait = wanted, LOOKS_APART
            return
        self._refused = None
        self._arms.trial = trial
        self._tell(Joined(wanted))
