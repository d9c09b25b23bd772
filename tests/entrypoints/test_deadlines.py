"""No request is held longer than it may be, whatever hangs behind it."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any

import pytest

from tests.entrypoints.service import Service, check, problem
from tests.entrypoints.test_edge import chunk, scope, talk
from upi_risk.application.patience import Patience
from upi_risk.domain.errors import OverloadedError


async def hanging(*_: object, **__: object) -> Any:  # noqa: ANN401 - never anything
    await asyncio.sleep(60)


@pytest.fixture
def hurried(service: Service) -> Service:
    service.patience = Patience(deadline_seconds=0.5, waiting_seconds=30)
    service.deadline_seconds = 0.5
    return service


async def test_a_check_behind_a_ledger_that_hangs_is_answered_in_time(hurried: Service) -> None:
    async with hurried.client() as client:
        asha = await hurried.sign_up(client)
        hurried.house.ledger.load = hanging  # type: ignore[union-attr, method-assign]
        began = perf_counter()
        body = problem(await check(client, asha), 503, "timeout")
        assert perf_counter() - began < 10
        assert body["fallback_decision"] == "VERIFY"


@pytest.mark.parametrize("path", ["/me", "/transactions"])
async def test_so_is_every_other_route(hurried: Service, path: str) -> None:
    async with hurried.client() as client:
        asha = await hurried.sign_up(client)
        hurried.house.sessions.find = hanging  # type: ignore[method-assign]
        began = perf_counter()
        answer = await client.get(path, headers=asha.headers)
        assert perf_counter() - began < 10
        problem(answer, 503, "timeout")
        assert answer.headers["retry-after"] == "1"
        malformed = asha.headers | {"Content-Type": "application/json"}
        problem(await client.post("/check-transaction", content=b"{", headers=malformed), 503, "timeout")


async def test_a_slow_sender_s_own_time_is_not_counted(hurried: Service) -> None:
    app = hurried.app()
    pieces = [b'{"name": "Gopal", ', b'"phone": "9876543210"}']
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.4)
        return chunk(pieces.pop(0), more=bool(pieces))

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope(), receive, send)  # type: ignore[arg-type]
    assert sent[0]["status"] == 201


async def test_what_is_said_after_the_deadline_reaches_nobody(hurried: Service) -> None:
    async def stubborn(*_: object, **__: object) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.02)
            raise ValueError("late") from None

    hurried.house.sessions.find = stubborn  # type: ignore[method-assign, assignment]
    asked = scope("/me", "GET", [(b"authorization", b"Bearer upa_x")])
    sent, _ = await talk(hurried.app(), asked, chunk(b"", more=False))
    await asyncio.sleep(0.1)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 503


async def test_an_overloaded_service_refuses_before_it_looks_who_asks(service: Service) -> None:
    def refuse() -> None:
        raise OverloadedError

    service.replaced["admit"] = refuse
    async with service.client() as client:
        answer = await client.post("/check-transaction")
        assert problem(answer, 503, "overloaded")["fallback_decision"] == "VERIFY"
        assert answer.headers["retry-after"] == "1"


async def test_a_request_whose_server_ends_is_refused_in_our_shape(service: Service) -> None:
    """Red when the edge lets a cancellation pass: uvicorn then says 500 in plain text."""
    service.house.sessions.find = hanging  # type: ignore[method-assign]
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return chunk(b"", more=False)

    asked = scope("/me", "GET", [(b"authorization", b"Bearer upa_x")])
    serving = asyncio.create_task(service.app()(asked, receive, send))  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    serving.cancel()
    await asyncio.wait({serving})
    assert serving.cancelled()
    assert sent[0]["status"] == 503
    assert (b"content-type", b"application/problem+json; charset=utf-8") in sent[0]["headers"]
