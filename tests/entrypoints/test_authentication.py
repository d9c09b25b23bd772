"""Who may do what: tokens, and other people's ids."""

from datetime import timedelta

import httpx
import pytest

from tests.entrypoints.service import Account, Service, check, methods_of, problem

PUBLIC = {
    "/signup",
    "/login",
    "/token/refresh",
    "/health/live",
    "/health/ready",
    "/docs",
    "/docs/assets/{name:str}",
    "/openapi.json",
    "/console",
    "/console/assets/{name:str}",
}
ID = "019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a90"


async def test_every_route_but_the_public_ones_asks_for_a_token(service: Service, client: httpx.AsyncClient) -> None:
    asked = 0
    for route in service.app().routes:
        if route.path.removeprefix("/v1") in PUBLIC:
            continue
        for method in methods_of(route):
            path = route.path.replace("{transaction_id:str}", ID)
            answer = await client.request(method, path)
            problem(answer, 401, "unauthenticated")
            assert answer.headers["www-authenticate"] == "Bearer"
            asked += 1
    assert asked > 18


async def test_credentials_that_are_no_good_token_are_refused(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    token = asha.profile["access_token"]
    before = service.saved()
    for credentials in [
        "", "Bearer", "Bearer ", token, f"Basic {token}", f"Bearer {token} x", f"Bearer {token}x",
        f"Bearer {token[:-1]}", f"Bearer {token},{token}", f"Bearer\t{token}",
        f"Bearer {asha.profile['refresh_token']}",
        "Bearer " + "a" * 5_000, "Bearer ' OR 1=1--", f"Bearer {token.upper()}", "Bearer null", "Bearer é",
    ]:  # fmt: skip
        headers = {"Authorization": credentials.encode("latin-1")}
        problem(await client.get("/me", headers=headers), 401, "unauthenticated")
        body = {"user_id": asha.user_id, "receiver_upi": "shop@okbank", "amount": 5}
        refused = await client.post("/check-transaction", json=body, headers=headers)
        problem(refused, 401, "unauthenticated")
    assert service.saved() == before


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR  "])
async def test_the_scheme_may_be_written_in_any_case(client: httpx.AsyncClient, asha: Account, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {asha.profile['access_token']}"}
    assert (await client.get("/me", headers=headers)).status_code == 200


async def test_a_token_in_the_query_is_ignored(client: httpx.AsyncClient, asha: Account) -> None:
    token = asha.profile["access_token"]
    problem(await client.get(f"/me?access_token={token}&token={token}"), 401, "unauthenticated")


async def test_two_tokens_are_none(client: httpx.AsyncClient, asha: Account) -> None:
    twice = [(name.encode(), value.encode()) for name, value in asha.headers.items()] * 2
    problem(await client.get("/me", headers=twice), 400, "invalid-http")


async def test_a_token_is_worth_nothing_after_its_time(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    service.clock.advance(timedelta(seconds=899))
    assert (await client.get("/me", headers=asha.headers)).status_code == 200
    service.clock.advance(timedelta(seconds=1))
    problem(await client.get("/me", headers=asha.headers), 401, "unauthenticated")


async def test_nobody_learns_whether_another_user_exists(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    ravi = await service.sign_up(client)
    before = service.saved()
    told = []
    for user_id in [ravi.user_id, "UID-NOBODY", asha.user_id.lower(), asha.user_id + " ", "*"]:
        answer = await check(client, asha, extra={"user_id": user_id})
        problem(answer, 403, "forbidden")
        headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
        told.append((answer.content.replace(answer.headers["x-request-id"].encode(), b""), headers))
    assert all(one == told[0] for one in told)
    assert service.saved() == before


async def test_without_a_token_nothing_of_the_body_is_looked_at(client: httpx.AsyncClient) -> None:
    problem(await client.post("/check-transaction", content=b"\xff" * 16_384), 401, "unauthenticated")
