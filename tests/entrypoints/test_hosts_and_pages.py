"""Who may be asked for, and which web pages may ask."""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from tests.entrypoints.service import Service, problem
from upi_risk.domain.rate_limit import Ask, Verdict
from upi_risk.entrypoints.http.client_address import ClientAddress
from upi_risk.entrypoints.http.cors import METHODS
from upi_risk.entrypoints.http.operations import OPERATIONS
from upi_risk.entrypoints.http.rate_limits import LimitRequests, Limits

PAGE = "https://app.example.com"
HOSTS = ("api.example.com", "localhost", "::1")


class RefuseAll:
    """A limiter that lets nobody in."""

    async def admit(self, asks: Sequence[Ask]) -> list[Verdict]:
        return [Verdict(admitted=False, remaining=0, retry_after_seconds=7) for _ in asks]


@pytest.mark.parametrize(
    "host", ["api.example.com", "API.example.COM", "api.example.com:8443", "localhost:1", "[::1]", "[::1]:8000"]
)
async def test_a_host_of_ours_is_served_however_it_is_spelt(host: str) -> None:
    async with Service(hosts=HOSTS).client() as client:
        assert (await client.get("/health/live", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.com", "apiXexample.com", "api.example.com.evil.com", "evil-api.example.com", "api.example.com.", "",
        "api.example.com:x", "api.example.com:", "api.example.com@evil.com", "api.example.com/evil.com", "[::2]", "::1",
        "api.example.com, evil.com", "api.example.com evil.com", "*", "localhost:123456",
    ],
)  # fmt: skip
async def test_no_other_host_is(host: str) -> None:
    """Red when ``read_head`` does not compare the name."""
    async with Service(hosts=HOSTS).client() as client:
        problem(await client.get("/health/live", headers={"Host": host}), 400, "bad-host")


async def test_a_page_of_ours_can_read_every_refusal() -> None:
    """Red when the headers are left to the routing, which neither the limiter nor the edge's own refusals reach."""
    limit = LimitRequests(RefuseAll(), ClientAddress(), Limits(1, 1, 1))
    page = {"Origin": PAGE, "Host": "localhost"}
    async with Service(cors_origins=[PAGE], limit=limit, hosts=HOSTS).client() as client:
        limited = await client.get("/me", headers=page)
        problem(limited, 429, "rate-limited")
    async with Service(cors_origins=[PAGE], hosts=HOSTS).client() as client:
        foreign = await client.get("/me", headers=page | {"Host": "evil.com"})
        problem(foreign, 400, "bad-host")
        large = await client.get("/me", headers=page | {"X": "x" * 20_000})
        problem(large, 431, "headers-too-large")
        asked = await client.options("/me", headers=page | {"Access-Control-Request-Method": "GET"})
        assert asked.status_code == 204
    for answer in (limited, foreign, large, asked):
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["vary"] == "Origin"
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "asked",
    [
        {"Access-Control-Request-Method": "DELETE"},
        {"Access-Control-Request-Method": "post"},
        {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, x-own"},
    ],
)
async def test_a_page_of_ours_may_send_what_the_routes_take_and_nothing_else(asked: dict[str, str]) -> None:
    async with Service(cors_origins=[PAGE]).client() as client:
        refused = await client.options("/check-transaction", headers={"Origin": PAGE} | asked)
    problem(refused, 403, "forbidden")
    assert refused.headers["access-control-allow-origin"] == PAGE


def test_pages_may_use_the_methods_of_the_routes() -> None:
    assert {method.decode() for method in METHODS} == {operation.method.upper() for operation in OPERATIONS}


async def test_a_request_of_two_origins_is_of_none() -> None:
    async with Service(cors_origins=[PAGE]).client() as client:
        answer = await client.get("/health/live", headers=httpx.Headers([("Origin", PAGE), ("Origin", PAGE)]))
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("hsts", [True, False])
async def test_browsers_are_told_to_come_by_tls_where_that_is_wanted(*, hsts: bool) -> None:
    async with Service(hsts=hsts, docs=True).client() as client:
        for path in ("/health/live", "/me", "/docs/assets/start.js"):
            told = (await client.get(path)).headers.get("strict-transport-security")
            assert told == ("max-age=31536000; includeSubDomains" if hsts else None)
