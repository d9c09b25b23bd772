"""Experiments in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from typing import Final

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.experiment import Experiment, ExperimentConflictError, Observed, OtherScore

PAGE: Final = 100


class MemoryExperiments:
    """Experiments and their scores; see :mod:`upi_risk.domain.experiment`."""

    def __init__(self, store: MemoryStore) -> None:
        """``store`` holds the transactions."""
        self._store = store
        self._experiments: dict[str, Experiment] = {}
        self._scores: dict[tuple[str, str, str], OtherScore] = {}

    async def start(self, experiment: Experiment) -> None:
        """Store an experiment that begins; see the port."""
        running = await self.running()
        if running is not None:
            raise ExperimentConflictError(f"The experiment {running.name} runs: stop it first.")
        if experiment.name in self._experiments:
            raise ExperimentConflictError(f"There was an experiment {experiment.name} before: give another name.")
        self._experiments[experiment.name] = experiment

    async def running(self) -> Experiment | None:
        """The one that runs."""
        return next((each for each in self._experiments.values() if each.ended_at is None), None)

    async def find(self, name: str) -> Experiment | None:
        """An experiment by its name."""
        return self._experiments.get(name)

    async def stop(self, name: str, at: datetime, outcome: str) -> Experiment:
        """End an experiment; see the port."""
        held = self._experiments.get(name)
        if held is None:
            raise ExperimentConflictError(f"There is no experiment {name}.")
        if held.ended_at is None:
            held = self._experiments[name] = held.ended(at, outcome)
        return held

    async def add(self, experiment: str, scores: Sequence[OtherScore]) -> None:
        """Keep scores of the model that did not decide."""
        for score in scores:
            self._scores.setdefault((experiment, score.user_id, score.transaction_id), score)

    async def matured(
        self, experiment: Experiment, now: datetime, maturity: timedelta
    ) -> AsyncGenerator[Sequence[Observed], None]:
        """Matured payments in pages; see the port."""
        end = min(experiment.ended_at or now, now - maturity)
        found: list[Observed] = []
        for user_id, rows in self._store.transactions.items():
            for transaction_id, row in rows.items():
                said, at = row.assessment, row.payment.at
                if not experiment.started_at <= at < end:
                    continue
                if said.model_version not in {experiment.champion, experiment.challenger}:
                    continue
                other = self._scores.get((experiment.name, user_id, transaction_id))
                fraud = row.reported_at is not None and row.reported_at < at + maturity
                paise = row.payment.amount_paise
                score = said.score if said.model_score is None else said.model_score
                one = Observed(at, user_id, paise, fraud, said.model_version, score, said.decision)
                found.append(_with(one, other) if other else one)
        found.sort(key=lambda one: (one.at, one.user_id))
        for begin in range(0, len(found), PAGE):
            yield found[begin : begin + PAGE]


def _with(one: Observed, other: OtherScore) -> Observed:
    return Observed(
        one.at, one.user_id, one.amount_paise, one.fraud, one.model_version, one.score, one.decision,
        other.score, other.decision,
    )  # fmt: skip
