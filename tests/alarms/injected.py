"""The faults, what undoes them, and which alert each has to set off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.alarms.stack import FRESH, STALE, Running
from tests.support.ageing import TEN_DAYS_AGO
from upi_risk.adapters.postgres.engine import create_engine
from upi_risk.adapters.postgres.figures import PostgresFigures
from upi_risk.adapters.postgres.partitions import PostgresPartitions
from upi_risk.adapters.postgres.runs import PostgresRuns
from upi_risk.domain.partitions import Month
from upi_risk.domain.schedule import Run

Step = Callable[[Running], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong.

    Attributes:
        text: what is done, for the table.
        alerts: what has to fire.
        inject: does it.
        heal: undoes it.
        lingers: seconds for which it may still be seen afterwards.
    """

    text: str
    alerts: tuple[str, ...]
    inject: Step
    heal: Step
    lingers: float = 240


async def _figures(running: Running, psi: float, *, succeeded: bool) -> None:
    engine, now = create_engine(running.postgres.url), datetime.now(UTC)
    await PostgresFigures(engine).put(now, [("drift_psi", "amount", psi)])
    await PostgresRuns(engine).keep(Run("retrain", f"{now:%Y-%m-%d %H:%M:%S}", 1, now, now, succeeded=succeeded))
    await engine.dispose()


async def age(running: Running) -> None:
    """The model, the figures of workers and the payments become what nobody wants to see."""
    running.serve_model(STALE)
    await _figures(running, 0.5, succeeded=False)
    running.sql(
        f"update transactions set decision = 'ALLOW', {TEN_DAYS_AGO}, "
        "reported_at = checked_at - interval '9 days' where (user_id, transaction_id) in "
        "(select user_id, transaction_id from transactions limit 300)"
    )
    running.sql(
        "insert into fraud_reports (user_id, transaction_id, receiver_upi, reported_at, source) "
        "select user_id, transaction_id, receiver_upi, reported_at, 'payer' from transactions "
        "where reported_at is not null limit 1"
    )
    running.standby.hold_back()


async def rejuvenate(running: Running) -> None:
    running.standby.go_on()
    running.serve_model(FRESH)
    await asyncio.sleep(1.1)  # runs are told apart by the second
    await _figures(running, 0.01, succeeded=True)
    running.sql("update transactions set reported_at = null where reported_at is not null")
    running.sql("update fraud_reports set reported_at = now()")


async def redis_away(running: Running) -> None:
    await asyncio.to_thread(running.valkey.kill)


async def redis_back(running: Running) -> None:
    await asyncio.to_thread(running.valkey.start)


async def slow_way(running: Running) -> None:
    running.way.to_client.delay_seconds = 0.6


async def fast_way(running: Running) -> None:
    running.way.heal()


async def postgres_away(running: Running) -> None:
    await asyncio.to_thread(running.postgres.kill)


async def postgres_back(running: Running) -> None:
    await asyncio.to_thread(running.postgres.start)


async def wrong_apps(running: Running) -> None:
    running.traffic.wrong = 4


async def right_apps(running: Running) -> None:
    running.traffic.wrong = 0


async def gateway_fails(running: Running) -> None:
    running.gateway.statuses = [401] * 100_000


async def gateway_works(running: Running) -> None:
    running.gateway.statuses.clear()


async def strangers(running: Running) -> None:
    running.traffic.strangers = True


async def nobody_strange(running: Running) -> None:
    running.traffic.strangers = False


def _next_month() -> Month:
    return Month.of(datetime.now(UTC)).after(1)


async def no_partition(running: Running) -> None:
    running.sql(f"drop table transactions_{str(_next_month()).replace('-', '_')}")


async def new_partition(running: Running) -> None:
    engine = create_engine(running.postgres.url)
    await PostgresPartitions(engine).make(_next_month(), 1_000)
    await engine.dispose()


async def pumped(running: Running) -> None:
    running.traffic.pumped = True


async def not_pumped(running: Running) -> None:
    running.traffic.pumped = False


FAULTS = (
    Fault(
        "the model is 60 days old; 300 matured payments judged wrong; the latest label 9 days old; a PSI of 0.5; "
        "a run that failed; the standby replays nothing",
        ("StaleModel", "LowAccuracy", "NoLabels", "Drift", "TaskFailed", "ReplicationLag"),
        age,
        rejuvenate,
    ),
    Fault("Valkey killed", ("BreakerOpen", "LowCacheHitRate"), redis_away, redis_back),
    Fault("PostgreSQL answers 600 ms late", ("SlowAnswers",), slow_way, fast_way),
    Fault("PostgreSQL killed", ("HighErrorRate", "NotReady"), postgres_away, postgres_back),
    Fault("a quarter of the checks is malformed", ("ManyRefusals",), wrong_apps, right_apps),
    Fault("the gateway of codes answers 401", ("CodesNotSent",), gateway_fails, gateway_works),
    Fault("codes asked for phones without an account", ("CodesForNobody",), strangers, nobody_strange),
    Fault("next month's partition dropped", ("PartitionMissing",), no_partition, new_partition),
    Fault("codes sent to numbers that begin alike", ("CodesToOnePrefix",), pumped, not_pumped, lingers=720),
)
