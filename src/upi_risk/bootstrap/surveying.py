"""What the process that serves ``/metrics`` finds out itself, since no serving process knows it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from time import perf_counter
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.figures import PostgresFigures
from upi_risk.adapters.postgres.partitions import PostgresPartitions
from upi_risk.adapters.postgres.runs import PostgresRuns
from upi_risk.adapters.postgres.survey import Judged, PostgresSurvey
from upi_risk.adapters.prometheus.tally import Tally
from upi_risk.adapters.system import SystemClock
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.partitions import months_ahead

LOOK_SECONDS: Final = 5.0
"""Between two looks at whether the database answers, and how far the replica is behind."""

JUDGE_SECONDS: Final = 20.0
_SHARE: Final = 20
"""Between two counts of whole tables passes twenty times as long as the last took, at least."""

_DEADLINES: Final = Deadlines(statement=20_000, lock=1_000)
_STALE: Final = timedelta(days=2)
_MONITORED: Final = (
    "drift_psi",
    "drift_ks",
    "segment_precision",
    "segment_recall",
    "calibration_ratio",
    "label_delay_days",
)
_FAILURES: Final = (SQLAlchemyError, StoreUnavailableError, OSError)


class Surveying:
    """Looks again and again, until it is cancelled."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._next_count = 0.0

    async def __call__(self, tally: Tally) -> None:
        """Keep gauges in the tally. What cannot be found out is absent, not as it was."""
        engine = create_engine(self._settings.database_url, pool_size=1, deadlines=_DEADLINES)
        replica = None
        if self._settings.database_replica_url:
            replica = create_engine(self._settings.database_replica_url, pool_size=1, deadlines=_DEADLINES)
        try:
            while True:
                await self._look(tally, engine, replica)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await engine.dispose()
            if replica is not None:
                await replica.dispose()

    async def _look(self, tally: Tally, engine: AsyncEngine, replica: AsyncEngine | None) -> None:
        began, survey = perf_counter(), PostgresSurvey(engine)
        try:
            if began >= self._next_count:
                await _count(tally, survey)
                await _monitored(tally, engine)
                await _partitions(tally, engine)
                self._next_count = perf_counter() + max(JUDGE_SECONDS, _SHARE * (perf_counter() - began))
            else:
                await survey.answers()
            tally.state("upi_risk_ready", (), 1)
        except _FAILURES:
            tally.state("upi_risk_ready", (), 0)
            return
        if replica is not None:
            tally.forget("upi_risk_replica_lag_seconds")
            try:
                lag = await survey.lag_seconds(replica)
            except _FAILURES:
                return
            if lag is not None:
                tally.state("upi_risk_replica_lag_seconds", (), lag)


async def _count(tally: Tally, survey: PostgresSurvey) -> None:
    labels = await survey.labels()
    judged = await survey.judged(SystemClock().now())
    for name in ("labels", "last_label_timestamp_seconds"):
        tally.forget(f"upi_risk_{name}")
    for source, number, _ in labels:
        tally.state("upi_risk_labels", (source,), number)
    if labels:
        tally.state("upi_risk_last_label_timestamp_seconds", (), max(one.latest for one in labels))
    _judge(tally, judged)


async def _monitored(tally: Tally, engine: AsyncEngine) -> None:
    """What workers found out and did last; figures that are older than two days are absent."""
    for name in _MONITORED:
        tally.forget(f"upi_risk_{name}")
    found = await PostgresFigures(engine).latest()
    if found is not None and SystemClock().now() - found[0] < _STALE:
        for name, label, value in found[1]:
            if name in _MONITORED:
                tally.state(f"upi_risk_{name}", (label,) if label else (), value)
    tally.forget("upi_risk_task_succeeded")
    for run in await PostgresRuns(engine).latest():
        if run.ended_at is not None:
            tally.state("upi_risk_task_succeeded", (run.task,), float(run.succeeded))


async def _partitions(tally: Tally, engine: AsyncEngine) -> None:
    """Whether payments to come have a place, and how many found none."""
    partitions = PostgresPartitions(engine)
    ahead = months_ahead(await partitions.listed(), SystemClock().now())
    tally.state("upi_risk_partition_months_ahead", (), ahead)
    tally.state("upi_risk_partition_rest", (), sum((await partitions.in_rest()).values()))


def _judge(tally: Tally, judged: list[Judged]) -> None:
    for name in ("matured_payments", "live_accuracy", "live_precision", "live_recall"):
        tally.forget(f"upi_risk_{name}")
    cells = {(flagged, fraud): 0 for flagged in (False, True) for fraud in (False, True)}
    matured: dict[tuple[str, str], int] = {}
    for level, flagged, fraud, number in judged:
        cells[flagged, fraud] += number
        key = (level, str(fraud).lower())
        matured[key] = matured.get(key, 0) + number
    for labels, number in matured.items():
        tally.state("upi_risk_matured_payments", labels, number)
    right, caught = cells[True, True] + cells[False, False], cells[True, True]
    for name, part, whole in (
        ("accuracy", right, sum(cells.values())),
        ("precision", caught, caught + cells[True, False]),
        ("recall", caught, caught + cells[False, True]),
    ):
        if whole:
            tally.state(f"upi_risk_live_{name}", (), part / whole)
