"""A real streaming standby: the past is read there, decisions never are; it may fall behind, and it may be away."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from tests.deploy.stack import ROOT
from tests.servers import Servers
from tests.support.standby import Standby
from upi_risk.adapters.postgres.engine import create_engine
from upi_risk.adapters.postgres.survey import PostgresSurvey
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings


@pytest.fixture
def standby(servers: Servers, database_url: str) -> Iterator[Standby]:
    folder = Path(tempfile.mkdtemp(prefix="upi-risk-standby-"))
    folder.chmod(0o711)
    try:
        with Standby(folder / "pg", servers.database_url) as made:
            yield made
    finally:
        shutil.rmtree(folder)


def settings(database_url: str, redis_url: str, replica_url: str) -> Settings:
    return Settings(
        database_url=database_url,
        database_replica_url=replica_url,
        redis_url=redis_url,
        artifacts_dir=str(ROOT / "artifacts"),
        redis_timeout_ms=2_000,
        pool_timeout_ms=20_000,
        statement_timeout_ms=20_000,
        lock_timeout_ms=20_000,
        allowed_hosts="testserver.local",
        request_deadline_ms=20_000,
        admission_wait_ms=20_000,
        rate_limit_per_minute=0,
        log_level="error",
    )


class Payer:
    """Somebody who is signed in."""

    def __init__(self, client: AsyncTestClient[Litestar], told: dict[str, Any]) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {told['access_token']}"}
        self._body = {"user_id": told["user_id"], "receiver_upi": "medium@test", "amount": 5}

    async def pay(self) -> str:
        answer = await self._client.post("/check-transaction", json=self._body, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["transaction_id"])

    async def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        answer = await self._client.get(path, headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def confirm(self, name: str) -> int:
        path = f"/transactions/{name}/confirm"
        return (await self._client.post(path, json={"confirmed": True}, headers=self._headers)).status_code


async def test_history_is_read_from_the_standby_until_it_is_away_and_decisions_never_are(
    standby: Standby, database_url: str, redis_url: str
) -> None:
    """Red for the held-back page where ``past`` reads the primary; for the end without ``ReadFromReplica``."""
    primary, follower = create_engine(database_url), create_engine(standby.of(database_url))
    survey = PostgresSurvey(primary)
    chosen = settings(database_url, redis_url, standby.of(database_url))
    async with AsyncTestClient(create(chosen)) as client:
        told = (await client.post("/signup", json={"name": "Asha", "phone": "9812345670"})).json()
        payer = Payer(client, told)
        first = await payer.pay()
        standby.catch_up()
        assert [one["transaction_id"] for one in (await payer.get("/transactions"))["transactions"]] == [first]
        assert await survey.lag_seconds(follower) == 0

        standby.hold_back()
        second = await payer.pay()
        assert await payer.confirm(second) == 200
        shown = (await payer.get("/transactions"))["transactions"]
        assert [one["transaction_id"] for one in shown] == [first]  # as old as the standby
        assert (await payer.get(f"/transactions/{second}"))["status"] == "SETTLED"  # the primary is asked
        assert (await payer.get("/me"))["transaction_count"] == 2
        async with asyncio.timeout(20):
            while not await survey.lag_seconds(follower):  # noqa: ASYNC110 - it tells no other way
                await asyncio.sleep(0.1)

        standby.go_on()
        standby.catch_up()
        shown = (await payer.get("/transactions"))["transactions"]
        assert {one["transaction_id"] for one in shown} == {first, second}
        await follower.dispose()
        standby.stop()
        shown = (await payer.get("/transactions"))["transactions"]
        assert {one["transaction_id"] for one in shown} == {first, second}
        await payer.pay()
    await primary.dispose()
