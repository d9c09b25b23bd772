"""One service of two workers counts as one; a read replica serves history and never a decision."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from pathlib import Path

import httpx
import msgspec
from litestar.testing import AsyncTestClient

from tests.deploy.stack import ROOT, free_ports, serving, wait_for
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings

CONNECTIONS, CHECKS = 12, 15


def answered(page: str, route: str) -> float:
    return sum(map(float, re.findall(rf'^upi_risk_requests_total{{.*route="{route}".*}} (\S+)$', page, re.MULTILINE)))


def test_two_workers_and_one_that_was_killed_are_counted_exactly(database_url: str, redis_url: str) -> None:
    port, metrics = free_ports(2)
    environ = {
        **os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "ARTIFACTS_DIR": str(ROOT / "artifacts"),
        "PORT": str(port), "METRICS_PORT": str(metrics), "WORKERS": "2", "HOST": "127.0.0.1",
        "REQUEST_DEADLINE_MS": "10000", "ADMISSION_WAIT_MS": "10000",
    }  # fmt: skip
    base, page = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics"

    def settled(route: str, number: int) -> bool:
        end = time.monotonic() + 5
        while (seen := answered(httpx.get(page, timeout=5).text, route)) != number and time.monotonic() < end:
            time.sleep(0.1)
        return seen == number

    with serving(environ) as supervisor:
        wait_for(f"{base}/health/ready")
        for _ in range(CONNECTIONS):  # each on a connection of its own, so that both workers get some
            with httpx.Client(base_url=base, timeout=20) as client:
                for _ in range(CHECKS):
                    assert client.get("/me").status_code == 401
        assert settled("/me", CONNECTIONS * CHECKS)
        assert "upi_risk_workers 2.0" in httpx.get(page, timeout=5).text
        children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        assert settled("/me", CONNECTIONS * CHECKS)


async def test_nobody_misses_a_replica_that_is_away(database_url: str, redis_url: str) -> None:
    """That history is read from one that is there, and decisions never, is shown on a real one in test_standby."""
    settings = Settings(
        database_url=database_url,
        database_replica_url="postgresql://nobody:x@127.0.0.1:1/away",
        redis_url=redis_url,
        artifacts_dir=str(ROOT / "artifacts"),
        redis_timeout_ms=2_000,
        pool_timeout_ms=20_000,
        statement_timeout_ms=20_000,
        lock_timeout_ms=20_000,
        allowed_hosts="testserver.local",
        request_deadline_ms=10_000,
        admission_wait_ms=10_000,
        log_level="error",
    )

    async def statuses(chosen: Settings, phone: str) -> list[int]:
        async with AsyncTestClient(create(chosen)) as client:
            signed_up = (await client.post("/signup", json={"name": "A", "phone": phone})).json()
            headers = {"Authorization": f"Bearer {signed_up['access_token']}"}
            body = {"user_id": signed_up["user_id"], "receiver_upi": "medium@test", "amount": 5}
            paid = await client.post("/check-transaction", json=body, headers=headers)
            name = paid.json()["transaction_id"]
            asked = await asyncio.gather(
                client.get("/me", headers=headers),
                client.get(f"/transactions/{name}", headers=headers),
                client.get("/transactions", headers=headers),
            )
            settled = await client.post(f"/transactions/{name}/confirm", json={"confirmed": True}, headers=headers)
            return [paid.status_code, *(each.status_code for each in asked), settled.status_code]

    assert await statuses(settings, "9812345670") == [200] * 5
    there = msgspec.structs.replace(settings, database_replica_url=database_url)
    assert await statuses(there, "9812345671") == [200] * 5
