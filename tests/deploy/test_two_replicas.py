"""Two processes behind nginx are one service: sessions, counts and retries hold, and the metrics are exact."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.deploy.stack import ROOT, Stack, free_ports, needed, nginx_conf, two_replicas

PAYERS, CHECKS, RETRIES = 8, 25, 6
REFUSED = [422, 401, 403]
RECEIVERS = ("low@test", "medium@test", "high@test", "canary.payee@upi")

Body = dict[str, Any]


@pytest.fixture
def stack(tmp_path: Path, database_url: str, redis_url: str) -> Iterator[Stack]:
    environ = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "ARTIFACTS_DIR": str(ROOT / "artifacts"),
        "REDIS_TIMEOUT_MS": "2000",
        "STATEMENT_TIMEOUT_MS": "20000",
        "DATABASE_REPLICA_URL": "",
    }
    with two_replicas(tmp_path, environ) as made:
        yield made


def counted(pages: list[str], name: str) -> Counter[tuple[str, str]]:
    """Requests by route and status, over all processes."""
    found: Counter[tuple[str, str]] = Counter()
    for page in pages:
        for route, status, value in re.findall(
            rf'^{name}{{method="[A-Z]+",route="([^"]*)",status="(\d+)"}} ([\d.e+]+)$', page, re.MULTILINE
        ):
            if not route.startswith("/health"):
                found[route, status] += int(float(value))
    return found


def decided(pages: list[str]) -> Counter[str]:
    """Decisions by level, over all processes."""
    found: Counter[str] = Counter()
    for level, value in re.findall(
        r'^upi_risk_decisions_total{level="(\w+)",.*} (\S+)$', "\n".join(pages), re.MULTILINE
    ):
        found[level] += int(float(value))
    return found


def timed(pages: list[str]) -> int:
    """Checks whose time was taken, over all processes."""
    name = r'^upi_risk_request_seconds_count{route="/check-transaction"} (\S+)$'
    return sum(int(float(value)) for value in re.findall(name, "\n".join(pages), re.MULTILINE))


def scrape(urls: list[str]) -> list[str]:
    return [httpx.get(url, timeout=5).text for url in urls]


class Own:
    """What the client counts itself: requests by route and status, checks by level."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.levels: Counter[str] = Counter()

    async def ask(self, client: httpx.AsyncClient, method: str, route: str, **sent: Any) -> httpx.Response:  # noqa: ANN401
        told = await client.request(method, route, **sent)
        self.requests[route if told.status_code != 404 else "unmatched", str(told.status_code)] += 1
        if route == "/check-transaction" and told.status_code == 200:
            self.levels[told.json()["risk_level"]] += 1
        return told


def _refused(headers: dict[str, str]) -> list[tuple[Body, dict[str, str]]]:
    """What a check is not to be like, and with whose token."""
    return [({"amount": -1}, headers), ({}, {"Authorization": "Bearer x"}), ({"user_id": "UID-1"}, headers)]


async def test_two_replicas_are_one_service_and_count_exactly_what_the_client_counts(
    stack: Stack, database_url: str
) -> None:
    own = Own()
    mine, levels, ask = own.requests, own.levels, own.ask

    async def check(client: httpx.AsyncClient, body: Body, headers: dict[str, str]) -> httpx.Response:
        return await ask(client, "POST", "/check-transaction", json=body, headers=headers)

    async def payer(client: httpx.AsyncClient, phone: int) -> tuple[str, dict[str, str], int]:
        signed_up = (
            await ask(client, "POST", "/signup", json={"name": "Canary Goldfinch", "phone": str(phone)})
        ).json()
        headers = {"Authorization": f"Bearer {signed_up['access_token']}"}
        body = {"user_id": signed_up["user_id"], "receiver_upi": "canary.payee@upi", "amount": 10}
        for turn in range(CHECKS):
            sent = body | {"receiver_upi": RECEIVERS[turn % len(RECEIVERS)]}
            assert (await check(client, sent, headers)).status_code == 200
        assert [(await check(client, body | wrong, shown)).status_code for wrong, shown in _refused(headers)] == REFUSED
        keyed = headers | {"Idempotency-Key": "order-17"}
        retries = await asyncio.gather(
            *(ask(client, "POST", "/check-transaction", json=body, headers=keyed) for _ in range(RETRIES))
        )
        assert len({retry.json()["transaction_id"] for retry in retries}) == 1
        await asyncio.gather(*(ask(client, "GET", f"/{number}/canary.payee@upi") for number in range(RETRIES)))
        profile = (await ask(client, "GET", "/me", headers=headers)).json()
        return signed_up["user_id"], headers, profile["transaction_count"]

    async with httpx.AsyncClient(base_url=stack.url, timeout=20) as client:
        payers = await asyncio.gather(*(payer(client, 9_812_345_670 + number) for number in range(PAYERS)))
    assert {count for _, _, count in payers} == {CHECKS + 1}
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from transactions").fetchone() == (PAYERS * (CHECKS + 1),)

    end = time.monotonic() + 5
    while counted(scrape(stack.metrics), "upi_risk_requests_total") != mine and time.monotonic() < end:
        time.sleep(0.1)  # noqa: ASYNC251 - nothing else runs here
    pages = scrape(stack.metrics)
    assert counted(pages, "upi_risk_requests_total") == mine
    assert all(counted([page], "upi_risk_requests_total")["/check-transaction", "200"] > 0 for page in pages)
    assert sum(levels.values()) == PAYERS * (CHECKS + RETRIES)
    assert decided(pages) == levels
    assert timed(pages) == sum(number for (route, _), number in mine.items() if route == "/check-transaction")
    for page in pages:
        assert len(page.splitlines()) < 400
        for secret in ("canary", "Goldfinch", "98123456", payers[0][0], payers[0][1]["Authorization"][7:]):
            assert secret not in page
        assert "upi_risk_ready 1.0" in page
        assert "upi_risk_live_accuracy" not in page  # nothing has matured: no figure rather than a made-up one


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    conf = nginx_conf(tmp_path, free_ports(1)[0], free_ports(2))
    done = subprocess.run(
        [needed("nginx", "nginx"), "-t", "-c", str(conf), "-e", str(tmp_path / "e")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
