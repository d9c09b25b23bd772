"""Limits as a client meets them."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.entrypoints.service import Service, problem
from upi_risk.adapters.memory import MemoryRateLimiter
from upi_risk.entrypoints.http.client_address import ClientAddress
from upi_risk.entrypoints.http.rate_limits import LimitRequests, Limits


@pytest.fixture
def service() -> Service:
    made = Service()
    made.limit = LimitRequests(MemoryRateLimiter(made.clock), ClientAddress(), Limits(10, 2, 3))
    made.cors_origins, made.hosts = ("https://app.example",), ("upi.test",)
    return made


async def test_what_is_above_the_limit_is_refused_and_told_when_to_come_back(
    service: Service, client: httpx.AsyncClient
) -> None:
    answers = await asyncio.gather(*[client.get("/nowhere") for _ in range(30)])
    assert [answer.status_code for answer in answers].count(404) == 10
    refused = await client.get("/nowhere")
    problem(refused, 429, "rate-limited")
    assert refused.headers["retry-after"] == "60"
    assert refused.headers["ratelimit-policy"] == '"minute";q=10;w=60'
    assert refused.headers["ratelimit"] == '"minute";r=0;t=60'
    service.clock.advance(timedelta(seconds=43))
    assert (await client.get("/nowhere")).headers["retry-after"] == "17"
    service.clock.advance(timedelta(seconds=17))
    assert (await client.get("/nowhere")).status_code == 404


async def test_the_limit_is_one_for_all_routes_the_hot_one_included(client: httpx.AsyncClient) -> None:
    for _ in range(5):
        assert (await client.get("/me")).status_code == 401
        assert (await client.post("/check-transaction", json={})).status_code == 401
    problem(await client.post("/check-transaction", json={}), 429, "rate-limited")
    problem(await client.post("/v1/check-transaction", json={}), 429, "rate-limited")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}, 204),
        ({"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}, 403),
        ({"Host": "evil.example"}, 400),
        ({"X-Long": "x" * 20_000}, 431),
    ],
)
async def test_what_is_refused_or_answered_before_any_route_is_counted_too(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    """Removed: the count in ``_tell_page`` or that in ``_keep_out``; they were answered however often."""
    statuses = [(await client.options("/check-transaction", headers=headers)).status_code for _ in range(12)]
    assert statuses == [status] * 10 + [429] * 2
    problem(await client.post("/check-transaction", json={}), 429, "rate-limited")


async def test_health_is_answered_however_often(client: httpx.AsyncClient) -> None:
    for _ in range(15):
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("path", ["/signup", "/signup/", "//signup", "/v1/signup", "/%73ignup", "/v1//signup/"])
async def test_sign_ups_have_a_limit_of_their_own_however_the_path_is_spelt(
    client: httpx.AsyncClient, path: str
) -> None:
    for _ in range(2):
        assert (await client.post("/signup", json={})).status_code == 422
    refused = await client.post(f"http://upi.test{path}", json={})
    problem(refused, 429, "rate-limited")
    assert refused.headers["ratelimit-policy"] == '"signup";q=2;w=3600'
    assert 1 <= int(refused.headers["retry-after"]) <= 3600


async def test_sign_ins_are_counted_apart_from_sign_ups(client: httpx.AsyncClient) -> None:
    statuses = [(await client.post("/login", json={})).status_code for _ in range(4)]
    assert statuses == [422, 422, 422, 429]
    assert (await client.post("/signup", json={})).status_code == 422


async def test_a_limit_of_nothing_is_none(service: Service) -> None:
    service.limit = LimitRequests(MemoryRateLimiter(service.clock), ClientAddress(), Limits(0, 0, 0))
    async with service.client() as client:
        assert {(await client.post("/signup", json={})).status_code for _ in range(30)} == {422}


async def test_a_refused_request_is_logged_and_saves_nothing(service: Service, client: httpx.AsyncClient) -> None:
    for _ in range(12):
        await client.get("/nowhere")
    assert service.records[-1].status == 429
    assert service.failures == []


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://app.example"}])
@pytest.mark.parametrize("path", ["/check-transaction", "/v1/check-transaction", "//check-transaction/"])
async def test_a_check_counts_once_whatever_becomes_of_it(
    service: Service, client: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    """Red when the edge and the route both count, or a question that gets into no batch is not counted."""
    account = await service.sign_up(client)
    url, mine = f"http://upi.test{path}", {**account.headers, **headers}
    good = {"user_id": account.user_id, "receiver_upi": "shop@upi", "amount": 100}
    statuses = [
        (await client.post(url, json=good, headers=mine)).status_code,
        (await client.post(url, json=good | {"amount": -1}, headers=mine)).status_code,
        (await client.post(url, content=b"{", headers=mine)).status_code,
        (await client.post(url, json=good)).status_code,
        (await client.post(url, json=good | {"user_id": "UID-OTHER"}, headers=mine)).status_code,
        (await client.get(url, headers=mine)).status_code,
        (await client.options(url, headers=mine)).status_code,
        (await client.post(url, json=good, headers=mine)).status_code,
        (await client.post(url, json=good, headers=mine)).status_code,
    ]
    assert statuses[:6] == [200, 422, 415, 401, 403, 405]
    assert statuses[7:] == [200, 200]
    refused = await client.post(url, json=good, headers=mine)
    problem(refused, 429, "rate-limited")
    assert refused.headers["ratelimit-policy"] == '"minute";q=10;w=60'
    assert len(service.store.transactions[account.user_id]) == 3
