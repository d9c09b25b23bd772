"""Every family of metrics is fed by the service itself: each is driven, and seen on the page."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.support.ageing import TEN_DAYS_AGO
from upi_risk.adapters.postgres.figures import PostgresFigures
from upi_risk.adapters.postgres.runs import PostgresRuns
from upi_risk.adapters.prometheus.families import FAMILIES
from upi_risk.adapters.prometheus.page import page
from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.adapters.prometheus.tally import Tally
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings
from upi_risk.bootstrap.surveying import Surveying
from upi_risk.domain.schedule import Run

STILL: Final = {
    "upi_risk_cache_failures": "tests/faults/test_redis_faults.py takes Redis away",
    "upi_risk_cache_skipped": "likewise",
    "upi_risk_experiment_scores": "tests/e2e/test_experiment.py runs one",
    "upi_risk_partition_rest": "every payment has the partition of its month",
    "upi_risk_queue_length": "nothing waits when it is read",
    "upi_risk_replica_lag_seconds": "tests/deploy/test_standby.py holds a standby back",
}
"""Families that are 0 here, and what moves them."""

Client = AsyncTestClient[Litestar]


async def pay(client: Client, phone: int) -> list[int]:
    """One signs up, pays at once more than is let in, and pays nobody; the statuses."""
    told = (await client.post("/signup", json={"name": "Asha", "phone": str(phone)})).json()
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    body: dict[str, Any] = {"user_id": told["user_id"], "receiver_upi": "shop@okbank", "amount": 5}

    async def check() -> int:
        return (await client.post("/check-transaction", json=body, headers=headers)).status_code

    first = await check()
    keyed = headers | {"Idempotency-Key": "order-17"}
    await client.post("/check-transaction", json=body, headers=keyed)
    other = await client.post("/check-transaction", json=body | {"amount": 6}, headers=keyed)
    return [first, other.status_code, *await asyncio.gather(*(check() for _ in range(12)))]


async def mature(database_url: str, settings: Settings) -> None:
    """Make what was paid ten days old and some of it a fraud; leave figures and a run of a worker behind."""
    with psycopg.connect(database_url) as connection:
        connection.execute(f"update transactions set {TEN_DAYS_AGO}")
        connection.execute("update transactions set decision = 'BLOCK', reported_at = checked_at + interval '1 hour'")
        connection.execute(
            "insert into fraud_reports (user_id, transaction_id, receiver_upi, reported_at, source) "
            "select user_id, transaction_id, receiver_upi, reported_at, 'payer' from transactions limit 1"
        )
    container = Container(settings=msgspec.structs.replace(settings, database_url=database_url))
    now = container.clock().now()
    labels = [("drift_psi", "amount"), ("drift_ks", "amount"), ("segment_precision", "new"), ("segment_recall", "new")]
    figures = [*labels, ("calibration_ratio", ""), ("label_delay_days", "0.5")]
    await PostgresFigures(container.engine()).put(now, [(name, label, 0.5) for name, label in figures])
    run = Run("retrain", "2026-03", 1, now - timedelta(hours=1), now, succeeded=True)
    await PostgresRuns(container.engine()).keep(run)
    await container.engine().dispose()


async def surveyed(settings: Settings) -> Tally:
    tally = Tally()
    looking = asyncio.create_task(Surveying(settings)(tally))
    while "upi_risk_replica_lag_seconds" not in page(tally).decode():
        assert not looking.done()
        await asyncio.sleep(0.05)
    looking.cancel()
    await asyncio.wait({looking})
    return tally


async def late(client: Client, database_url: str) -> int:
    """Somebody pays while nothing can be saved; the status."""
    told = (await client.post("/signup", json={"name": "Asha", "phone": "9812345671"})).json()
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    body = {"user_id": told["user_id"], "receiver_upi": "shop@okbank", "amount": 5}
    with psycopg.connect(database_url) as connection:
        connection.execute("lock table transactions in share mode")
        return (await client.post("/check-transaction", json=body, headers=headers)).status_code


async def code_sent(settings: Settings) -> Tally:
    """What the service counted that sent a code."""
    proven = msgspec.structs.replace(settings, auth_mode="otp")
    async with AsyncTestClient(create(proven)) as client:
        assert (await client.post("/signup", json={"name": "Asha", "phone": "9812345672"})).status_code == 200
    return Shelf(Path(settings.metrics_dir)).sum()


async def test_every_family_is_fed(settings: Settings, database_url: str, tmp_path: Path) -> None:
    """Red without the sheds in ``Sampling``, without ``MeasuredLimiter``, and without any line of ``Surveying``."""
    counted, codes = tmp_path / "counted", tmp_path / "codes"
    counted.mkdir()
    codes.mkdir()
    chosen = msgspec.structs.replace(
        settings,
        metrics_dir=str(counted),
        rate_limit_per_minute=14,
        request_deadline_ms=3_000,
        database_replica_url=database_url,
    )
    async with AsyncTestClient(create(chosen)) as client:
        assert await late(client, database_url) == 503
        told = await pay(client, 9_812_345_670)
        assert told[:2] == [200, 422]
        assert 429 in told
    shown = Shelf(counted).sum()
    shown.add((await code_sent(msgspec.structs.replace(settings, metrics_dir=str(codes)))).totals())
    await mature(database_url, settings)
    shown.add((await surveyed(chosen)).totals())
    values: dict[str, float] = {}
    for line in page(shown).decode().splitlines():
        name, labels, value = re.match(r"(\w+)({.*})? ?(\S*)", line).groups() if line[0] != "#" else ("", "", "0")  # type: ignore[union-attr]
        family = re.sub("_(total|count)$", "", name)
        if labels != '{reason="waiting"}':
            values[family] = max(values.get(family, 0), float(value))
    assert values.keys() >= FAMILIES.keys()
    assert {name for name in FAMILIES if not values[name]} == STILL.keys()
