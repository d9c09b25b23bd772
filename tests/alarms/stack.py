"""Everything that alerts are about, running: PostgreSQL and a standby, Valkey, a gateway, three processes, payers."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import rmtree

import httpx
import psycopg

from tests.alarms.prometheus import Watch, watching
from tests.faults.proxy import FaultProxy, between
from tests.faults.servers import OwnServer, own_servers, started
from tests.gateway import Gateway, gateway
from tests.learning import a_record, a_small_model
from tests.support.standby import Standby
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.embedded.process import free_port
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.training import Split

PAYERS = 8
PAUSE_SECONDS = 0.2
PATIENT = {
    "REQUEST_DEADLINE_MS": "8000", "ADMISSION_WAIT_MS": "8000", "POOL_TIMEOUT_MS": "3000",
    "STATEMENT_TIMEOUT_MS": "3000", "LOCK_TIMEOUT_MS": "3000", "SIGNUP_LIMIT_PER_HOUR": "0",
    "LOGIN_LIMIT_PER_HOUR": "0", "CODE_LIMIT_PER_TEN_MINUTES": "0", "MODEL_POLL_SECONDS": "1",
}  # fmt: skip
"""Slow answers are let through, so that there are any: with the budgets that ship they are refused after 450 ms."""

FRESH, STALE = "v9.0", "v8.0"


@dataclass
class Traffic:
    """What payers and others do, changed while they do it.

    Attributes:
        wrong: every so many'th request of a payer is not as it must be; 0: none is.
        strangers: whether somebody asks for codes for phones without an account.
        pumped: whether somebody has codes sent to numbers that begin alike.
        answered: statuses so far.
    """

    wrong: int = 0
    strangers: bool = False
    pumped: bool = False
    answered: list[int] = field(default_factory=list)


@dataclass
class Running:
    """The whole of it."""

    postgres: OwnServer
    valkey: OwnServer
    standby: Standby
    way: FaultProxy
    gateway: Gateway
    artifacts: Path
    traffic: Traffic
    watch: Watch

    def serve_model(self, version: str) -> None:
        """Name another model."""
        (self.artifacts / "models/CURRENT").write_text(f"{version}\n", encoding="utf-8")

    def sql(self, statement: str) -> None:
        """Do something to the database as its owner."""
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(statement)


def some_models(artifacts: Path) -> None:
    """A model that learned until yesterday, serving, and one that learned until 60 days ago."""
    model, card = a_small_model()
    (artifacts / "models").mkdir(parents=True)
    now = datetime.now(UTC)
    for version, days in ((FRESH, 1), (STALE, 60)):
        until = now - timedelta(days=days)
        week = timedelta(days=7)
        record = replace(a_record(), split=Split(until - week, until, until + week, until + 2 * week, week))
        folder = artifacts / "models" / version
        ModelFolders(open_scorer).put(folder, model, replace(card, version=version), record, Usage(1, 1))
    (artifacts / "models/CURRENT").write_text(f"{FRESH}\n", encoding="utf-8")


async def pay(url: str, number: int, traffic: Traffic) -> None:
    """One payer, on and on."""
    body: dict[str, object] = {"receiver_upi": f"shop{number}@upi", "amount": 100 + number}
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        told = (await client.post("/signup", json={"name": "Asha", "phone": str(9_000_000_000 + number)})).json()
        headers = {"Authorization": f"Bearer {told['access_token']}"}
        body["user_id"] = told["user_id"]
        for turn in count(1):
            wrong = traffic.wrong and turn % traffic.wrong == 0
            with contextlib.suppress(httpx.HTTPError):
                sent = body | ({"amount": -1} if wrong else {})
                answer = await client.post("/check-transaction", json=sent, headers=headers)
                traffic.answered.append(answer.status_code)
            await asyncio.sleep(PAUSE_SECONDS)


async def ask_for_codes(url: str, traffic: Traffic) -> None:
    """Two people a second begin to sign up; sometimes many strangers to sign in, or many to sign up in one place."""
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        for number in count():
            with contextlib.suppress(httpx.HTTPError):
                await client.post("/signup", json={"name": "Asha", "phone": f"{60 + number % 40}{number:08d}"})
                for stranger in range(8 if traffic.strangers else 0):
                    await client.post("/login", json={"phone": str(7_000_000_000 + 10 * number + stranger)})
                for more in range(25 if traffic.pumped else 0):
                    await client.post(
                        "/signup", json={"name": "Asha", "phone": str(9_900_000_000 + 25 * number + more)}
                    )
            await asyncio.sleep(0.5)


def _a_folder() -> Path:
    """One that PostgreSQL gets into, with models in it."""
    folder = Path(tempfile.mkdtemp(prefix="upi-risk-alarms-"))
    folder.chmod(0o711)
    some_models(folder / "artifacts")
    return folder


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Running]:
    """Start all of it, and end all of it."""
    folder = _a_folder()
    ports = [free_port() for _ in range(3)]
    with contextlib.ExitStack() as outer:
        outer.callback(rmtree, folder, ignore_errors=True)
        postgres, valkey = outer.enter_context(own_servers())
        standby = outer.enter_context(Standby(folder / "standby", postgres.url))
        async with contextlib.AsyncExitStack() as stack:
            way, remote = (
                await stack.enter_async_context(between(postgres.url)),
                await stack.enter_async_context(gateway()),
            )
            common = {
                **PATIENT, "DATABASE_REPLICA_URL": standby.of(postgres.url),
                "ARTIFACTS_DIR": str(folder / "artifacts"), "LOG_LEVEL": "error",
            }  # fmt: skip
            codes = {
                "AUTH_MODE": "otp", "OTP_PEPPER": "Vq3tq0m2pTz8s1yQ6nXr5wLk9uJh4gFb", "OTP_SENDER": "http",
                "OTP_GATEWAY_URL": remote.url, "OTP_GATEWAY_TOKEN": "bL7xS2kW9qZ4vN1c",
            }  # fmt: skip
            urls = []
            for port, more in zip(ports, ({}, {}, codes), strict=True):
                chosen = common | more | {"METRICS_PORT": str(port)}
                served, _ = await stack.enter_async_context(started(way.of(postgres.url), valkey.url, **chosen))
                urls.append(f"http://127.0.0.1:{served}")
            watch = await stack.enter_async_context(watching(folder, ports))
            traffic = Traffic()
            tasks = [asyncio.create_task(pay(urls[number % 2], number, traffic)) for number in range(PAYERS)]
            tasks.append(asyncio.create_task(ask_for_codes(urls[2], traffic)))
            try:
                yield Running(postgres, valkey, standby, way, remote, folder / "artifacts", traffic, watch)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
