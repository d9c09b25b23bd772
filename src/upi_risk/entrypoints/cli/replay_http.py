"""Sending a stream to a running service, as the app would."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from zlib import crc32

import httpx
import numpy as np
import rich_click as click

from upi_risk.domain.decision import Decision
from upi_risk.domain.stream import StreamedPayment

TIMEOUT_SECONDS = 30.0
_PHONES = 4_000_000_000
_FIRST_PHONE = 6_000_000_000


@dataclass(slots=True)
class HttpReplayed:
    """What the service answered, and how long it took.

    Attributes:
        scores: ``risk_score_numeric`` of each payment, in order.
        latencies_ms: of each check, from sending to the whole answer, in order.
        seconds: from the first to the last request.
    """

    scores: list[float] = field(default_factory=list)
    decisions: Counter[Decision] = field(default_factory=Counter)
    latencies_ms: list[float] = field(default_factory=list)
    sign_ups: int = 0
    reports: int = 0
    seconds: float = 0.0

    def percentiles(self) -> dict[str, float]:
        """Latency at the usual percentiles, milliseconds."""
        points = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}
        return {name: float(np.percentile(self.latencies_ms, point)) for name, point in points.items()}


class _Client:
    """The app of every payer in the stream: signs up, keeps the token, signs in again when it expires."""

    def __init__(self, http: httpx.AsyncClient, done: HttpReplayed) -> None:
        self._http = http
        self._done = done
        self._salt = time.time_ns()  # phones that no earlier run gave
        self._accounts: dict[str, tuple[str, str, str]] = {}

    async def sign_up(self, name: str) -> None:
        """Register a payer once."""
        if name in self._accounts:
            return
        phone = str(_FIRST_PHONE + crc32(f"{self._salt}{name}".encode()) % _PHONES)
        answer = await self._http.post("/signup", json={"name": f"Payer {name}", "phone": phone})
        self._keep(name, phone, _expect(answer, HTTPStatus.CREATED))
        self._done.sign_ups += 1

    async def post(self, name: str, path: str, body: dict[str, object]) -> tuple[dict[str, object], float]:
        """Send something in a payer's name; returns the answer and the milliseconds it took."""
        for _ in range(2):
            user_id, phone, token = self._accounts[name]
            content = {"user_id": user_id, **body} if body else {}
            began = time.perf_counter()
            answer = await self._http.post(path, json=content, headers={"Authorization": f"Bearer {token}"})
            took = (time.perf_counter() - began) * 1000
            if answer.status_code != HTTPStatus.UNAUTHORIZED:
                break
            again = await self._http.post("/login", json={"phone": phone})
            self._keep(name, phone, _expect(again, HTTPStatus.OK))
        return _expect(answer, HTTPStatus.OK), took

    def _keep(self, name: str, phone: str, answer: dict[str, object]) -> None:
        self._accounts[name] = (str(answer["user_id"]), phone, str(answer["access_token"]))


async def replay_http(
    payments: Iterable[StreamedPayment], url: str, concurrency: int, progress: Callable[[int], None]
) -> HttpReplayed:
    """Send a stream in its order, some requests at a time; one payer's never at the same time.

    Args:
        payments: in ascending order of time; the service sees them at the present time.
        url: where the service answers.
        concurrency: requests under way at most.
        progress: told how many rows each step has done.

    Raises:
        click.ClickException: the service cannot be reached or answers otherwise than agreed.
    """
    done = HttpReplayed()
    due: list[tuple[datetime, str, str]] = []
    limits = httpx.Limits(max_connections=concurrency)
    async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_SECONDS, limits=limits) as http:
        client = _Client(http, done)
        began = time.perf_counter()
        for chunk in _chunks(payments, concurrency):
            try:
                await _reports(client, due, chunk[0].at, done)
                await _send(client, chunk, due, done)
            except httpx.TransportError as error:
                why = str(error) or type(error).__name__
                raise click.ClickException(f"No answer from {url} ({why}): start it with make run.") from error
            progress(len(chunk))
        done.seconds = time.perf_counter() - began
    return done


async def _send(
    client: _Client, chunk: list[StreamedPayment], due: list[tuple[datetime, str, str]], done: HttpReplayed
) -> None:
    await asyncio.gather(*[client.sign_up(row.user_id) for row in chunk])
    bodies: list[dict[str, object]] = [
        {"receiver_upi": row.receiver, "amount": row.amount_paise / 100} for row in chunk
    ]
    results = await asyncio.gather(
        *[client.post(row.user_id, "/check-transaction", body) for row, body in zip(chunk, bodies, strict=True)]
    )
    for row, (answer, took) in zip(chunk, results, strict=True):
        decision = Decision(str(answer["decision"]))
        done.scores.append(float(str(answer["risk_score_numeric"])))
        done.decisions[decision] += 1
        done.latencies_ms.append(took)
        name = str(answer["transaction_id"])
        if decision is Decision.VERIFY:
            await client.post(row.user_id, f"/transactions/{name}/confirm", {})
        if row.reported_at:
            heapq.heappush(due, (row.reported_at, row.user_id, name))


async def _reports(client: _Client, due: list[tuple[datetime, str, str]], at: datetime, done: HttpReplayed) -> None:
    while due and due[0][0] < at:
        _, name, transaction_id = heapq.heappop(due)
        await client.post(name, f"/transactions/{transaction_id}/report", {})
        done.reports += 1


def _chunks(payments: Iterable[StreamedPayment], size: int) -> Iterable[list[StreamedPayment]]:
    """Runs of at most ``size`` payments, no payer twice in one."""
    chunk: list[StreamedPayment] = []
    for row in payments:
        if len(chunk) == size or any(held.user_id == row.user_id for held in chunk):
            yield chunk
            chunk = []
        chunk.append(row)
    if chunk:
        yield chunk


def _expect(answer: httpx.Response, status: HTTPStatus) -> dict[str, object]:
    if answer.status_code != status:
        request = answer.request
        message = f"{request.method} {request.url.path} answered {answer.status_code}: {answer.text[:300]}"
        raise click.ClickException(message)
    body: dict[str, object] = answer.json()
    return body
