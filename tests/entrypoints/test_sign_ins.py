"""Prolonging, seeing and ending sign-ins over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.entrypoints.service import Account, Service, problem


async def refreshed(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.post("/token/refresh", json={"refresh_token": token})


async def test_a_refresh_token_is_exchanged_and_the_new_tokens_work(client: httpx.AsyncClient, asha: Account) -> None:
    answer = await refreshed(client, asha.profile["refresh_token"])
    assert answer.status_code == 200
    new = Account(asha.profile | answer.json())
    assert new.profile["refresh_token"] != asha.profile["refresh_token"]
    assert (await client.get("/me", headers=new.headers)).status_code == 200


async def test_after_a_lost_reply_the_same_token_gets_the_same_successor(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    lost = (await refreshed(client, asha.profile["refresh_token"])).json()
    service.clock.advance(timedelta(seconds=9))
    again = (await refreshed(client, asha.profile["refresh_token"])).json()
    assert again["refresh_token"] == lost["refresh_token"]
    assert again["access_token"] != lost["access_token"]


async def test_a_stolen_refresh_token_ends_the_sign_in(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    new = (await refreshed(client, asha.profile["refresh_token"])).json()
    service.clock.advance(timedelta(seconds=11))
    problem(await refreshed(client, asha.profile["refresh_token"]), 401, "unauthenticated")
    problem(await refreshed(client, new["refresh_token"]), 401, "unauthenticated")
    problem(await client.get("/me", headers=Account(new).headers), 401, "unauthenticated")


async def test_an_access_token_is_no_refresh_token(client: httpx.AsyncClient, asha: Account) -> None:
    problem(await refreshed(client, asha.profile["access_token"]), 401, "unauthenticated")
    problem(await refreshed(client, ""), 401, "unauthenticated")


@pytest.mark.parametrize("path", ["/logout", "/logout-all"])
async def test_after_a_sign_out_no_token_works(client: httpx.AsyncClient, asha: Account, path: str) -> None:
    assert (await client.post(path, headers=asha.headers)).status_code == 200
    for method, route in (("GET", "/me"), ("GET", "/sessions"), ("POST", path), ("GET", "/transactions")):
        problem(await client.request(method, route, headers=asha.headers), 401, "unauthenticated")
    problem(await refreshed(client, asha.profile["refresh_token"]), 401, "unauthenticated")


async def test_one_sign_out_leaves_the_other_sign_ins(client: httpx.AsyncClient, asha: Account) -> None:
    other: Any = (await client.post("/login", json={"phone": asha.profile["phone"]})).json()
    listed = (await client.get("/sessions", headers=asha.headers)).json()["sessions"]
    assert sorted(held["current"] for held in listed) == [False, True]
    await client.post("/logout", headers=asha.headers)
    assert len((await client.get("/sessions", headers=Account(other).headers)).json()["sessions"]) == 1


async def test_a_user_has_five_sign_ins_at_most(service: Service, client: httpx.AsyncClient, asha: Account) -> None:
    for _ in range(5):
        service.clock.advance(timedelta(seconds=1))
        await client.post("/login", json={"phone": asha.profile["phone"]})
    problem(await client.get("/me", headers=asha.headers), 401, "unauthenticated")
