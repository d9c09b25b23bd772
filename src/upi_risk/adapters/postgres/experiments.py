"""Experiments in PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Final

import msgspec
from psycopg.errors import UniqueViolation
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres import tables
from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.adapters.postgres.partition_statements import bounds
from upi_risk.adapters.postgres.patience import patient
from upi_risk.domain.experiment import Experiment, ExperimentConflictError, Observed, OtherScore

PAGE: Final = 2_000
_TABLE: Final = tables.experiments
_NAMES: Final = [field.name for field in fields(Experiment)]
_COLUMNS: Final = [_TABLE.c[name] for name in _NAMES]

_ADD: Final = """
INSERT INTO experiment_scores (experiment, user_id, transaction_id, model_version, score, probability, decision)
SELECT %(experiment)s, user_id, transaction_id, model_version, score, probability, decision
  FROM json_populate_recordset(NULL::experiment_scores, %(scores)s::json)
    ON CONFLICT DO NOTHING
"""

_OBSERVED: Final = text(
    """
 SELECT t.checked_at, t.user_id, t.amount_paise,
        coalesce(t.reported_at < t.checked_at + :maturity, FALSE),
        t.model_version, coalesce(t.model_score, t.score), t.decision, s.score, s.decision
   FROM transactions t
   LEFT JOIN experiment_scores s
     ON s.user_id = t.user_id AND s.transaction_id = t.transaction_id AND s.experiment = :name
  WHERE t.checked_at >= :begin AND t.checked_at < :end AND t.model_version IN (:champion, :challenger)
    AND t.transaction_id >= CAST(:first_id AS uuid) AND t.transaction_id < CAST(:end_id AS uuid)
  ORDER BY t.checked_at, t.user_id
"""
)


class PostgresExperiments:
    """Experiments and their scores; see :mod:`upi_risk.domain.experiment`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def start(self, experiment: Experiment) -> None:
        """Store an experiment that begins; an index sees to it that one runs at most."""
        try:
            with store_errors():
                async with self._engine.connect() as connection:
                    await connection.execute(insert(_TABLE).values(**asdict(experiment)))
        except IntegrityError as error:
            if not isinstance(error.orig, UniqueViolation):
                raise
            running = await self.running()
            if running is not None:
                raise ExperimentConflictError(f"The experiment {running.name} runs: stop it first.") from error
            message = f"There was an experiment {experiment.name} before: give another name."
            raise ExperimentConflictError(message) from error

    async def running(self) -> Experiment | None:
        """The one that runs."""
        with store_errors():
            async with self._engine.connect() as connection:
                row = (await connection.execute(select(*_COLUMNS).where(_TABLE.c.ended_at.is_(None)))).one_or_none()
        return Experiment(*row) if row else None

    async def find(self, name: str) -> Experiment | None:
        """An experiment by its name."""
        with store_errors():
            async with self._engine.connect() as connection:
                row = (await connection.execute(select(*_COLUMNS).where(_TABLE.c.name == name))).one_or_none()
        return Experiment(*row) if row else None

    async def stop(self, name: str, at: datetime, outcome: str) -> Experiment:
        """End an experiment; see the port."""
        ending = update(_TABLE).where(_TABLE.c.name == name, _TABLE.c.ended_at.is_(None))
        with store_errors():
            async with self._engine.connect() as connection:
                await connection.execute(ending.values(ended_at=at, outcome=outcome))
        held = await self.find(name)
        if held is None:
            raise ExperimentConflictError(f"There is no experiment {name}.")
        return held

    async def add(self, experiment: str, scores: Sequence[OtherScore]) -> None:
        """Keep scores of the model that did not decide, in one statement."""
        rows = msgspec.json.encode([asdict(score) for score in scores]).decode()
        with store_errors():
            async with self._engine.connect() as connection:
                await connection.exec_driver_sql(_ADD, {"experiment": experiment, "scores": rows})

    async def matured(
        self, experiment: Experiment, now: datetime, maturity: timedelta
    ) -> AsyncGenerator[Sequence[Observed], None]:
        """Matured payments as of one moment, through a server-side cursor."""
        end = min(experiment.ended_at or now, now - maturity)
        values = {
            "maturity": maturity,
            "begin": experiment.started_at,
            "end": end,
            **bounds(experiment.started_at, end),
            "name": experiment.name,
            "champion": experiment.champion,
            "challenger": experiment.challenger,
        }
        async with patient(self._engine) as connection:
            result = await connection.stream(_OBSERVED, values)
            async for page in result.partitions(PAGE):
                yield [Observed(*row) for row in page]
