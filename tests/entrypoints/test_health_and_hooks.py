"""Living, being ready, starting and stopping; and which web pages may call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.entrypoints.service import Service, problem
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.entrypoints.http.app import HttpOptions, create_app


async def test_a_process_lives_whatever_else_fails(service: Service, client: httpx.AsyncClient) -> None:
    service.checks = {"store": False}
    answer = await client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "live", "checks": {}})


async def test_it_is_ready_when_everything_it_needs_works(service: Service, client: httpx.AsyncClient) -> None:
    ready = await client.get("/health/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ready", "checks": {"store": True, "model": True}}
    service.checks = {"store": False, "model": True}
    refused = await client.get("/health/ready")
    body = problem(refused, 503, "dependency-unavailable")
    assert body["checks"] == {"store": False, "model": True}
    assert body["fallback_decision"] == "VERIFY"
    assert refused.headers["retry-after"] == "1"


async def test_it_is_not_ready_when_nobody_can_tell() -> None:
    async def fail() -> dict[str, bool]:
        raise StoreUnavailableError

    async with Service(replaced={"ready": fail}).client() as client:
        problem(await client.get("/health/ready"), 503, "dependency-unavailable")


async def test_hooks_run_in_their_order_before_the_first_and_after_the_last_request(service: Service) -> None:
    told: list[str] = []

    def hook(name: str) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            told.append(name)

        return run

    options = HttpOptions(
        version="1",
        log_request=service.records.append,
        log_failure=lambda *_: None,
        on_startup=[hook("open store"), hook("open cache")],
        on_shutdown=[hook("close cache"), hook("close store")],
    )
    async with create_app(service.use_cases(), options).lifespan():
        assert told == ["open store", "open cache"]
    assert told == ["open store", "open cache", "close cache", "close store"]


OURS = "https://app.example.com"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, idempotency-key",
}
STRANGERS = [
    "https://evil.com", "null", "http://app.example.com", "https://app.example.com:8443", "https://app.example.com.evil.com",
    "https://evil-app.example.com", "https://appXexample.com", "https://app.example.com/",
]  # fmt: skip


async def test_our_own_page_may_call() -> None:
    async with Service(cors_origins=[OURS]).client() as client:
        asked = await client.options("/check-transaction", headers={"Origin": OURS} | PREFLIGHT)
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == OURS
        assert "idempotency-key" in asked.headers["access-control-allow-headers"].lower()
        told = await client.get("/health/live", headers={"Origin": OURS})
        assert told.headers["access-control-allow-origin"] == OURS
        assert "Idempotent-Replayed" in told.headers["access-control-expose-headers"]
        refused = await client.get("/me", headers={"Origin": OURS})
        problem(refused, 401, "unauthenticated")
        assert refused.headers["access-control-allow-origin"] == OURS
        for answer in (asked, told, refused):
            assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", STRANGERS)
@pytest.mark.parametrize("origins", [[OURS], []])
async def test_no_other_page_may(origin: str, origins: list[str]) -> None:
    async with Service(cors_origins=origins).client() as client:
        told = await client.get("/health/live", headers={"Origin": origin, "Cookie": "a=b"})
        asked = await client.options("/check-transaction", headers={"Origin": origin} | PREFLIGHT)
    for answer in (told, asked):
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers
    problem(asked, 403, "forbidden")


@pytest.mark.parametrize("origin", ["*", "https://*.example.com"])
def test_a_pattern_of_origins_is_not_taken(service: Service, origin: str) -> None:
    service.cors_origins = [origin]
    with pytest.raises(ValueError, match="exact"):
        service.app()
