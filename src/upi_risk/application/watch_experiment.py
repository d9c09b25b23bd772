"""Looking at the experiment that runs, and ending one whose challenger does harm."""

from __future__ import annotations

from upi_risk.application.run_experiment import ExperimentSoFar, StopExperiment
from upi_risk.domain.experiment import Experiments
from upi_risk.domain.experiment_verdict import ExperimentRules, Outcome


class WatchExperiment:
    """Says what the experiment says; stops it when a guardrail is breached, and proposes when somebody has won."""

    def __init__(self, experiments: Experiments, so_far: ExperimentSoFar, stop: StopExperiment) -> None:
        self._experiments = experiments
        self._so_far = so_far
        self._stop = stop

    async def __call__(self) -> str:
        """A sentence.

        Raises:
            StoreUnavailableError: the store cannot be read.
        """
        running = await self._experiments.running()
        if running is None:
            return "No experiment runs."
        verdict = (await self._so_far(running.name, ExperimentRules())).verdict
        said = f"{running.name}: {verdict.outcome}. {verdict.why}"
        if verdict.outcome is Outcome.BREACHED:
            await self._stop(running.name, verdict.why)
            return f"{said} It was stopped."
        if verdict.outcome is Outcome.CHALLENGER:
            return f"{said} Proposed: upi-risk models promote {running.challenger}."
        return said
