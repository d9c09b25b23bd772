"""Messages over real HTTP, to servers that take them, fail, hang, refuse and send elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Self

import pytest

from upi_risk.adapters.httpcore.courier import HttpCourier
from upi_risk.domain.outbox import Answered


@pytest.fixture
async def courier() -> AsyncIterator[HttpCourier]:
    made = HttpCourier(loopback=True, deadline_seconds=10)
    yield made
    await made.close()


class Subscriber:
    """A server on this machine that answers every request alike, and keeps what it got."""

    def __init__(self, answer: bytes, *, hangs: bool = False) -> None:
        self._answer = answer
        self._hangs = hangs
        self._over, self._talks = asyncio.Event(), set[asyncio.Task[None]]()
        self.got: list[tuple[bytes, bytes]] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        self._server.close()
        await asyncio.gather(*self._talks)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._answer_one(reader, writer))
        self._talks.add(task)
        await task

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        )
        self.got.append((head, await reader.readexactly(length)))
        if self._hangs:
            await self._over.wait()
        writer.write(self._answer)
        with suppress(ConnectionError):
            await writer.drain()
            writer.close()
            await writer.wait_closed()


def an_answer(status: int, more: str = "") -> bytes:
    return f"HTTP/1.1 {status} Said\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


async def test_a_message_arrives_as_it_was_signed(courier: HttpCourier) -> None:
    async with Subscriber(an_answer(204)) as subscriber:
        answered = await courier.post(
            subscriber.url, {"webhook-id": "e1", "content-type": "application/json"}, '{"a":"\u20b9"}'
        )
        assert answered == Answered(204)
        ((head, body),) = subscriber.got
        assert body == '{"a":"\u20b9"}'.encode()
        assert head.startswith(b"POST /hook HTTP/1.1\r\n")
        assert b"webhook-id: e1" in head


@pytest.mark.parametrize("status", [400, 410, 500, 503])
async def test_a_failure_is_its_status(courier: HttpCourier, status: int) -> None:
    async with Subscriber(an_answer(status)) as subscriber:
        assert await courier.post(subscriber.url, {}, "{}") == Answered(status)


async def test_a_redirect_is_not_followed(courier: HttpCourier) -> None:
    async with Subscriber(an_answer(200)) as elsewhere:
        async with Subscriber(an_answer(307, f"Location: {elsewhere.url}\r\n")) as subscriber:
            assert await courier.post(subscriber.url, {}, "{}") == Answered(307)
        assert elsewhere.got == []


async def test_a_subscriber_that_hangs_costs_the_deadline_alone() -> None:
    courier = HttpCourier(loopback=True, deadline_seconds=0.3)
    async with Subscriber(b"", hangs=True) as subscriber:
        assert await courier.post(subscriber.url, {}, "{}") == Answered(None, "no answer in time")
    await courier.close()


async def test_a_refused_connection_and_an_answer_that_is_no_http_are_told_by_their_kind(courier: HttpCourier) -> None:
    async with Subscriber(b"what?\r\n\r\n") as subscriber:
        assert await courier.post(subscriber.url, {}, "{}") == Answered(None, "RemoteProtocolError")
        url = subscriber.url
    assert await courier.post(url, {}, "{}") == Answered(None, "ConnectError")


async def test_a_name_that_cannot_be_one_fails_alone(courier: HttpCourier) -> None:
    """Removed: that it is caught; no message was delivered any more, to anybody."""
    assert await courier.post("https://a..example/", {}, "{}") == Answered(None, "UnicodeError")


async def test_a_name_that_leads_to_a_private_address_is_not_sent_to() -> None:
    """Removed: the look at what a name leads to; the message arrived."""
    courier = HttpCourier(loopback=False)
    async with Subscriber(an_answer(200)) as subscriber:
        for url in (subscriber.url, subscriber.url.replace("127.0.0.1", "localhost")):
            assert await courier.post(url, {}, "{}") == Answered(None, "the address is not a public one")
        assert subscriber.got == []
    await courier.close()
