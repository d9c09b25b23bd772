"""Several processes behind one port are one service, and outlive one another."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import psutil
import pytest

from tests.commands import Started
from tests.servers import rows
from upi_risk.adapters.embedded.process import free_port
from upi_risk.bootstrap.settings import Settings

WORKERS = 3


@asynccontextmanager
async def served(settings: Settings, **more: str) -> AsyncIterator[tuple[str, psutil.Process]]:
    """The base URL of a service of three processes, and the one that supervises them."""
    port = free_port()
    environ = os.environ | {
        "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "PORT": str(port), "HOST": "127.0.0.1",
        "WORKERS": str(WORKERS), "LOG_FORMAT": "json", "REQUEST_DEADLINE_MS": "20000", "ADMISSION_WAIT_MS": "20000",
        "ARTIFACTS_DIR": settings.artifacts_dir, **more,
    }  # fmt: skip
    command = [sys.executable, "-m", "upi_risk.bootstrap.cli", "serve"]
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)  # noqa: ASYNC220 - takes no time
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base) as client:
            await until_ready(client, process)
        yield base, psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise


async def until_ready(client: httpx.AsyncClient, process: subprocess.Popen[bytes] | Started) -> None:
    for _ in range(600):
        assert process.poll() is None
        with suppress(httpx.TransportError):
            if (await client.get("/health/ready")).status_code == 200:
                return
        await asyncio.sleep(0.1)
    raise AssertionError


async def started(master: psutil.Process) -> list[psutil.Process]:
    """The workers, once all of them are there."""
    for _ in range(600):
        found = master.children()
        if len(found) == WORKERS:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError


async def ask(base: str, account: dict[str, Any], number: int, key: str | None = None) -> httpx.Response:
    """A check over a connection of its own, so that any of the workers gets it."""
    headers = {"Authorization": f"Bearer {account['access_token']}"} | ({"Idempotency-Key": key} if key else {})
    body = {"user_id": account["user_id"], "receiver_upi": f"shop{number % 7}@upi", "amount": 100}
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        return await client.post("/check-transaction", json=body, headers=headers)


async def sign_up(base: str, phone: str) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=base, timeout=30) as client:
        account: dict[str, Any] = (await client.post("/signup", json={"name": "Asha", "phone": phone})).json()
        return account


async def test_counts_keys_and_deaths_of_workers(settings: Settings) -> None:
    async with served(settings) as (base, master):
        workers = await started(master)
        asha = await sign_up(base, "9876543210")

        answers = await asyncio.gather(*(ask(base, asha, number) for number in range(60)))
        assert {answer.status_code for answer in answers} == {200}
        count = "select count(*) from transactions where user_id = '" + asha["user_id"] + "'"
        told = "select transaction_count from users where user_id = '" + asha["user_id"] + "'"
        assert rows(settings.database_url, count) == rows(settings.database_url, told) == [(60,)]

        retries = await asyncio.gather(*(ask(base, asha, 1, "pay-1") for _ in range(30)))
        assert {answer.status_code for answer in retries} == {200}
        assert len({answer.content for answer in retries}) == 1
        assert rows(settings.database_url, count) == [(61,)]

        workers[0].kill()  # whoever it served gets no answer, and everybody else does
        acknowledged = 0
        for number in range(60):
            with suppress(httpx.TransportError):
                acknowledged += (await ask(base, asha, number)).status_code == 200
        assert acknowledged >= 55
        saved = rows(settings.database_url, count)[0][0]
        assert 61 + acknowledged <= saved <= 61 + 60
        assert rows(settings.database_url, told) == [(saved,)]
        assert workers[0].pid not in {worker.pid for worker in await started(master)}


async def test_workers_end_with_their_supervisor(settings: Settings) -> None:
    """Also one that is still loading: red when it is given the socket at its start, as the port then stays open."""
    async with served(settings) as (base, master):
        workers = await started(master)
        (dead := workers.pop()).kill()
        loading = await asyncio.to_thread(_another, master, [*workers, dead])
        master.send_signal(signal.SIGKILL)
        gone, alive = await asyncio.to_thread(psutil.wait_procs, workers, 20)
        assert (len(gone), alive) == (WORKERS - 1, [])
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))
        gone, alive = await asyncio.to_thread(psutil.wait_procs, loading, 60)
        assert alive == []


def _another(master: psutil.Process, known: list[psutil.Process]) -> list[psutil.Process]:
    """The worker that is started in the place of one that died."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if found := [child for child in master.children() if child not in known]:
            return found
        time.sleep(0.02)
    raise AssertionError


async def test_workers_that_cannot_start_end_the_supervisor(settings: Settings) -> None:
    environ = os.environ | {
        "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "PORT": str(free_port()),
        "WORKERS": "2", "MODEL_VERSION": "v0.0-missing", "ARTIFACTS_DIR": settings.artifacts_dir,
    }  # fmt: skip
    command = [sys.executable, "-m", "upi_risk.bootstrap.cli", "serve"]
    process = await asyncio.create_subprocess_exec(*command, env=environ, stderr=asyncio.subprocess.DEVNULL)
    try:
        assert await asyncio.wait_for(process.wait(), 120) == 1
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
