"""An experiment begins and ends while the service answers, and its status is a command away."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import httpx
import msgspec
import psycopg

from tests.commands import finish
from tests.e2e.conftest import ROOT
from tests.e2e.test_swap import some_artifacts
from tests.servers import rows
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings

_DECIDED = """
SELECT t.model_version, s.model_version, count(*)
  FROM transactions t LEFT JOIN experiment_scores s USING (user_id, transaction_id)
 GROUP BY 1, 2
"""


def experiments(artifacts: Path, settings: Settings, *arguments: str) -> str:
    known = {"ARTIFACTS_DIR": str(artifacts), "DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    done = finish("experiments", *arguments, environ={**os.environ, **known})
    assert done.returncode == 0, done.stderr
    return done.stdout


async def decided(database_url: str) -> dict[tuple[str, str | None], int]:
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        rows = await (await connection.execute(_DECIDED)).fetchall()
    return {(by, other): number for by, other, number in rows}


async def test_a_share_of_payers_is_decided_by_the_challenger_while_an_experiment_runs(
    tmp_path: Path, settings: Settings
) -> None:
    artifacts = some_artifacts(tmp_path)
    (artifacts / "models" / "v2.0").symlink_to(ROOT / "artifacts" / "models" / "v2.0")  # it reads 70 features, v1.0 14
    settings = msgspec.structs.replace(settings, artifacts_dir=str(artifacts), model_poll_seconds=1)
    app = create(settings)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # ASGI's types, spelt twice
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://upi.test") as client:
        accounts = [
            (await client.post("/signup", json={"name": "Asha", "phone": f"98765432{number:02}"})).json()
            for number in range(12)
        ]

        async def all_pay() -> None:
            for account in accounts:
                body = {"user_id": account["user_id"], "receiver_upi": "shop@okbank", "amount": 500}
                headers = {"Authorization": f"Bearer {account['access_token']}"}
                answer = await client.post("/check-transaction", json=body, headers=headers)
                assert answer.status_code == 200, answer.text

        async def pay_until(by: str, other: str | None) -> None:
            async with asyncio.timeout(120):
                before = (await decided(settings.database_url)).get((by, other), 0)
                while (await decided(settings.database_url)).get((by, other), 0) == before:
                    await all_pay()
                    await asyncio.sleep(0.1)

        await all_pay()
        start = ("start", "one", "--challenger", "v8.0", "--share", "0.5", "--minimum", "1")
        said = await asyncio.to_thread(experiments, artifacts, settings, *start)
        assert "v8.0 decides for 50% of payers beside v1.0" in said
        await pay_until("v8.0", "v1.0")
        await pay_until("v1.0", "v8.0")
        await asyncio.to_thread(experiments, artifacts, settings, "stop", "one")
        noted = [("experiment-started", "one"), ("experiment-stopped", "one")]
        assert rows(settings.database_url, "select deed, subject from audit where actor like 'operator:%'") == noted
        await asyncio.sleep(3)
        before = await decided(settings.database_url)
        await all_pay()
        after = await decided(settings.database_url)
        shadow = ("start", "two", "--challenger", "v2.0", "--shadow")
        await asyncio.to_thread(experiments, artifacts, settings, *shadow)
        await pay_until("v1.0", "v2.0")
    assert after[("v1.0", None)] == before[("v1.0", None)] + len(accounts)
    plot = tmp_path / "one.html"
    status = ("status", "one", "--maturity", "0s", "--plot", str(plot))
    said = await asyncio.to_thread(experiments, artifacts, settings, *status)
    assert "undecided" in said
    assert "v8.0" in plot.read_text()
