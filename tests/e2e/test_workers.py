"""Several serving processes behind one port: counts and keys stay exact, and a worker may die."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from tests.e2e.conftest import ROOT
from upi_risk.adapters.embedded.process import free_port

WORKERS = 3
PATIENCE_SECONDS = 60


@dataclass
class Service:
    """The command, and somebody signed up."""

    process: subprocess.Popen[bytes]
    base: str
    user_id: str = ""
    token: str = ""

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.process.pid).children()
        return [child for child in children if "spawn_main" in " ".join(child.cmdline())]

    async def ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                async with httpx.AsyncClient() as client:
                    if (await client.get(f"{self.base}/health/ready")).status_code == 200:
                        return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
        raise TimeoutError

    async def sign_up(self) -> None:
        async with httpx.AsyncClient() as client:
            body = {"name": "Gopal", "phone": "9876543210"}
            answer = (await client.post(f"{self.base}/signup", json=body)).json()
        self.user_id, self.token = answer["user_id"], answer["access_token"]

    async def check(self, key: str) -> dict[str, Any]:
        """On a connection of its own; an answer that got lost is asked for again with the same key."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key}
        body = {"user_id": self.user_id, "receiver_upi": "shop@upi", "amount": 250.0}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                async with httpx.AsyncClient(timeout=20) as client:
                    answer = await client.post(f"{self.base}/check-transaction", json=body, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(0.02)
                continue
            if answer.status_code == 200:
                found: dict[str, Any] = answer.json()
                return found
            assert answer.status_code in {409, 503}, answer.text  # contended: the client asks again
        raise TimeoutError


@pytest.fixture
async def service(database_url: str, redis_url: str) -> AsyncIterator[Service]:
    port = free_port()
    environ = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "WORKERS": str(WORKERS),
        "ARTIFACTS_DIR": str(ROOT / "artifacts"),
        "STATEMENT_TIMEOUT_MS": "20000",
        "LOCK_TIMEOUT_MS": "20000",
        "LOG_LEVEL": "error",
    }
    process = _start(environ)
    made = Service(process, f"http://127.0.0.1:{port}")
    try:
        await made.ready()
        await made.sign_up()
        yield made
    finally:
        process.kill()
        process.wait()


def _start(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "upi_risk.bootstrap.cli", "serve"], env=environ)


def count(database_url: str) -> tuple[int, int]:
    """What the user's row counts, and how many rows there are."""
    query = "SELECT transaction_count, (SELECT count(*) FROM transactions) FROM users"
    with psycopg.connect(database_url) as connection:
        found = connection.execute(query).fetchone()
    assert found is not None
    return found[0], found[1]


async def test_over_workers_counts_are_exact_and_a_key_has_one_answer(service: Service, database_url: str) -> None:
    keys = [f"payment-{number}" for number in range(25)] * 4

    answers = await asyncio.gather(*(service.check(key) for key in keys))

    by_key: dict[str, list[dict[str, Any]]] = {}
    for key, answer in zip(keys, answers, strict=True):
        by_key.setdefault(key, []).append(answer)
    assert all(answer == same[0] for same in by_key.values() for answer in same)
    assert len({same[0]["transaction_id"] for same in by_key.values()}) == 25
    assert count(database_url) == (25, 25)


async def test_a_killed_worker_is_replaced_and_nothing_is_lost(service: Service, database_url: str) -> None:
    before = {worker.pid for worker in service.workers()}
    assert len(before) == WORKERS

    async def pay(first: int) -> list[dict[str, Any]]:
        return [await service.check(f"payment-{first + number}") for number in range(15)]

    paying = asyncio.gather(*(pay(first * 15) for first in range(6)))
    await asyncio.sleep(0.3)
    os.kill(min(before), signal.SIGKILL)
    answers = [answer for some in await paying for answer in some]

    assert len({answer["transaction_id"] for answer in answers}) == 90
    assert count(database_url) == (90, 90)
    assert len({worker.pid for worker in service.workers()} - {min(before)}) == WORKERS

    workers = service.workers()
    service.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(service.process.wait, PATIENCE_SECONDS) == -signal.SIGTERM
    assert not any(worker.is_running() for worker in workers)
