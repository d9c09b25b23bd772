"""Another model takes over in the running service, under load."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import httpx
import msgspec
import psycopg

from tests.commands import finish
from tests.e2e.conftest import ROOT
from tests.learning import a_record, a_small_model
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_folder import ModelFolders
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.degraded import BY_RULES
from upi_risk.domain.learning_ports import Usage


def some_artifacts(folder: Path) -> Path:
    """The shipped model, serving; two others; and one whose file is another model's, though it loads."""
    (folder / "models").mkdir()
    (folder / "models" / "v1.0").symlink_to(ROOT / "artifacts" / "models" / "v1.0")
    (folder / "models" / "CURRENT").write_text("v1.0\n")
    model, card = a_small_model()
    for version in ("v8.0", "v9.0", "v9.1"):
        ModelFolders(open_scorer).put(
            folder / "models" / version, model, replace(card, version=version), a_record(), Usage(1, 1)
        )
    (folder / "models" / "v9.0" / "fraud_classifier.cbm").write_bytes(a_small_model(seed=8)[0])
    return folder


async def until_scored_by(database_url: str, version: str) -> None:
    """Wait for the first check that this model decided."""
    async with asyncio.timeout(120), await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        query = "select 1 from transactions where model_version = %s limit 1"
        while await (await connection.execute(query, (version,))).fetchone() is None:  # noqa: ASYNC110 - it tells no other way
            await asyncio.sleep(0.1)


def promote(artifacts: Path, version: str) -> None:
    environ = {**os.environ, "ARTIFACTS_DIR": str(artifacts)}
    finish("models", "promote", version, environ=environ).check_returncode()


async def test_a_promoted_model_takes_over_without_a_failed_request_and_a_bad_one_does_not(
    tmp_path: Path, settings: Settings
) -> None:
    """Red when a model is taken without its digest and its canary rows being held against its card (v9.0 serves), when
    a refusal ends the looking (v9.1 never serves), and when the old model is let go before the new one is proven."""
    artifacts = some_artifacts(tmp_path)
    settings = msgspec.structs.replace(settings, artifacts_dir=str(artifacts), model_poll_seconds=1)
    app = create(settings)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # ASGI's types, spelt twice
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://upi.test") as client:
        answer = await client.post("/signup", json={"name": "Asha", "phone": "9876543210"})
        account = answer.json()
        headers = {"Authorization": f"Bearer {account['access_token']}"}
        body = {"user_id": account["user_id"], "receiver_upi": "shop@okbank", "amount": 500}

        async def pay_until(enough: asyncio.Event) -> int:
            asked = 0
            while not enough.is_set():
                answer = await client.post("/check-transaction", json=body, headers=headers)
                assert answer.status_code == 200, answer.text
                asked += 1
            return asked

        enough = asyncio.Event()
        paying = [asyncio.create_task(pay_until(enough)) for _ in range(4)]
        try:
            await asyncio.to_thread(promote, artifacts, "v8.0")
            await until_scored_by(settings.database_url, "v8.0")
            await asyncio.to_thread((artifacts / "models" / "CURRENT").write_text, "v9.0\n")
            await asyncio.sleep(3)
            await asyncio.to_thread(promote, artifacts, "v9.1")
            await until_scored_by(settings.database_url, "v9.1")
        finally:
            enough.set()
        asked = sum(await asyncio.gather(*paying))

    async with await psycopg.AsyncConnection.connect(settings.database_url) as connection:
        query = "select model_version, policy_version from transactions order by checked_at"
        rows = await (await connection.execute(query)).fetchall()
    versions = [version for version, _ in rows]
    assert len(versions) == asked
    assert versions == sorted(versions)
    assert set(versions) == {"v1.0", "v8.0", "v9.1"}
    assert not [policy for _, policy in rows if policy.endswith(BY_RULES)]
