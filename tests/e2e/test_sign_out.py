"""A token that was signed out, on every server that shares the stores."""

from __future__ import annotations

import httpx
import msgspec
import pytest

from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings, read_settings

TRIES = 500


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return msgspec.structs.replace(
        read_settings(), database_url=database_url, redis_url=redis_url, model_poll_seconds=0
    )


async def test_from_the_answer_to_a_sign_out_on_the_token_opens_nothing_on_any_server(settings: Settings) -> None:
    apps = [create(settings), create(settings)]
    transports = [httpx.ASGITransport(app=app) for app in apps]  # type: ignore[arg-type]  # ASGI's types, spelt twice
    clients = [httpx.AsyncClient(transport=held, base_url="http://upi.test") for held in transports]
    mine = (await clients[0].post("/signup", json={"name": "Asha", "phone": "9876543210"})).json()
    headers = {"Authorization": f"Bearer {mine['access_token']}"}
    assert [(await client.get("/me", headers=headers)).status_code for client in clients] == [200, 200]
    assert (await clients[0].post("/logout", headers=headers)).status_code == 200
    told = {(await clients[number % 2].get("/me", headers=headers)).status_code for number in range(TRIES)}
    assert told == {401}
    for client, app in zip(clients, apps, strict=True):
        await client.aclose()
        for hook in app.on_shutdown:
            ended = hook()  # type: ignore[call-arg]  # ours take nothing
            if ended is not None:
                await ended
