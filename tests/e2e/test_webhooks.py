"""A decision of the running service arrives, signed, at a real server, by the command."""

from __future__ import annotations

import asyncio
import json

import httpx
import msgspec

from tests.contracts.test_courier import Subscriber, an_answer
from tests.e2e.test_rules import run
from tests.servers import rows
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.webhooks import headers_of

WAITING = "select event_id from webhook_messages order by 1"


async def test_a_decision_is_told_to_who_subscribed_and_a_failure_is_tried_again(settings: Settings) -> None:
    app = create(msgspec.structs.replace(settings, rules_poll_seconds=1))
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]  # ASGI's types, spelt twice
    async with (
        Subscriber(an_answer(500)) as failing,
        Subscriber(an_answer(200)) as taking,
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://upi.test") as client,
    ):
        signed_up = (await client.post("/signup", json={"name": "Asha", "phone": "9876543210"})).json()
        headers = {"Authorization": f"Bearer {signed_up['token']}"}

        async def check() -> str:
            body = {"user_id": signed_up["user_id"], "receiver_upi": "high@test", "amount": 100.0}
            answer = (await client.post("/check-transaction", json=body, headers=headers)).json()
            return str(answer["transaction_id"])

        await check()
        assert rows(settings.database_url, WAITING) == []
        author = ("--author", "asha")
        await run(settings, "webhooks", "add", "bad", "--url", failing.url, "--kind", "review.needed", *author)
        secret = await run(settings, "webhooks", "add", "good", "--url", taking.url, "--kind", "decision.made", *author)
        async with asyncio.timeout(120):
            while not rows(settings.database_url, WAITING):
                await asyncio.sleep(0.5)
                told = await check()
        waiting = {name for (name,) in rows(settings.database_url, WAITING)}
        assert {f"decision_{told}", f"review_{told}"} <= waiting
        await run(settings, "webhooks", "deliver", "--once")

        head, body = next(one for one in taking.got if told.encode() in one[0])
        sent = dict(line.split(": ", 1) for line in head.decode().strip().split("\r\n")[1:])
        at = rows(settings.database_url, f"select to_timestamp({sent['webhook-timestamp']})")[0][0]
        assert headers_of(secret.strip(), f"decision_{told}", at, body.decode()).items() <= sent.items()
        assert json.loads(body)["data"]["decision"] == "BLOCK"
        left = rows(settings.database_url, "select webhook_id, attempts, error from webhook_messages")
        assert set(left) == {("bad", 1, "status 500")}
        assert "bad" in await run(settings, "webhooks", "list")
        await run(settings, "webhooks", "remove", "bad")
        assert rows(settings.database_url, WAITING) == []
        assert "0 messages are due again" in await run(settings, "webhooks", "replay", "--all")
        await run(settings, "webhooks", "dead")
