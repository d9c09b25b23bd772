"""What a client reads from the socket of a real server, when what it sent is not even HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn

from tests.entrypoints.service import Service, problem
from upi_risk.bootstrap.commands.serve import server_options
from upi_risk.bootstrap.settings import Settings
from upi_risk.entrypoints.http.limits import LARGEST_HEADERS, LONGEST_TARGET
from upi_risk.entrypoints.http.protocol import LONGEST_HEAD

HEAD = b"POST /login HTTP/1.1\r\nHost: upi.test\r\nContent-Type: application/json\r\n"
GET = b"GET /health/live HTTP/1.1\r\n"


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    """The port of a server with the options that production has."""
    server = uvicorn.Server(uvicorn.Config(Service().app(), **server_options(Settings())))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await running


async def answers(sent: bytes) -> list[httpx.Response]:
    """Every answer until the server closes the connection, which it must do by itself."""
    async with served() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        raw = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    found = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers["content-length"])
        found.append(httpx.Response(int(status.split()[1]), headers=headers, content=rest[:length]))
        raw = rest[length:]
    return found


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"BREW /login HTTP/1.1\r\nHost: upi.test\r\n\r\n", id="an unknown method"),
        pytest.param(b"\x16\x03\x01\x02\x00 what is this\r\n\r\n", id="garbage"),
        pytest.param(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", id="two lengths"),
        pytest.param(
            HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", id="length and chunks"
        ),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", id="a bad chunk"),
        pytest.param(HEAD + b"Content-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"CONNECT upi.test:443 HTTP/1.1\r\nHost: upi.test\r\n\r\n", id="a proxy's method"),
        pytest.param(GET + b"Connection: close\r\n\r\n", id="no host"),
        pytest.param(GET + b"Host: a\r\nHost: b\r\nConnection: close\r\n\r\n", id="two hosts"),
    ],
)
async def test_what_is_not_http_is_refused_with_a_problem_and_the_connection_closed(sent: bytes) -> None:
    (answer,) = await answers(sent)
    problem(answer, 400, "invalid-http")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("length", [LONGEST_TARGET + 1, 1_000_000], ids=["at once", "in pieces"])
async def test_a_target_that_is_too_long_is_refused(length: int) -> None:
    """Red when what has no end yet is taken for headers."""
    (answer,) = await answers(b"GET /" + b"a" * (length - 1) + b" HTTP/1.1\r\nHost: upi.test\r\n\r\n")
    problem(answer, 414, "uri-too-long")


@pytest.mark.parametrize(
    ("size", "end"), [(LARGEST_HEADERS, b"\r\n\r\n"), (LONGEST_HEAD, b"\r\n\r\n"), (LONGEST_HEAD, b"")]
)
async def test_headers_that_are_too_large_are_refused_even_before_their_end(size: int, end: bytes) -> None:
    (answer,) = await answers(GET + b"Host: upi.test\r\nCookie: " + b"a" * size + end)
    problem(answer, 431, "headers-too-large")


async def test_as_much_as_is_allowed_is_served() -> None:
    target = b"/health/live?" + b"a" * (LONGEST_TARGET - 13)
    head = [(b"Host", b"upi.test"), (b"Connection", b"close"), (b"Cookie", b"")]
    left = LARGEST_HEADERS - sum(len(name) + len(value) + 4 for name, value in head)
    head[-1] = (b"Cookie", b"a" * left)
    lines = b"".join(b"%b: %b\r\n" % line for line in head)
    (answer,) = await answers(b"GET " + target + b" HTTP/1.1\r\n" + lines + b"\r\n")
    assert answer.status_code == 200


async def test_http_1_0_may_do_without_a_host() -> None:
    (answer,) = await answers(b"GET /health/live HTTP/1.0\r\n\r\n")
    assert answer.status_code == 200


async def test_http_1_0_is_told_nothing_before_the_answer() -> None:
    """Red when the expectation of such a caller is heeded: it would take 100 for its answer."""
    sent = HEAD.replace(b"1.1", b"1.0") + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}"
    (answer,) = await answers(sent)
    problem(answer, 422, "validation-failed")


async def test_garbage_after_a_request_is_never_taken_for_the_answer_to_it() -> None:
    first, second = await answers(GET + b"Host: upi.test\r\n\r\n" + b"garbage\r\n\r\n")
    assert first.status_code == 200
    problem(second, 400, "invalid-http")


async def test_an_answer_that_goes_out_whole_is_the_same_as_one_in_parts() -> None:
    """With a slash at its end a check goes through Litestar's layers, else past them."""
    async with served() as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        profile = (await client.post("/signup", json={"name": "Asha Rao", "phone": "9876543210"})).json()
        body = {"user_id": profile["user_id"], "receiver_upi": "shop@okbank", "amount": 500}
        headers = {"Authorization": f"Bearer {profile['access_token']}", "Idempotency-Key": "pay-1"}
        plain = "/check-transaction"
        first, whole, parts = [
            await client.post(path, json=body, headers=headers) for path in (plain, plain, plain + "/")
        ]
        assert [answer.status_code for answer in (first, whole, parts)] == [200, 200, 200]
        assert whole.content == parts.content == first.content
        own = {"x-request-id", "date"}
        assert [(n, v) for n, v in whole.headers.items() if n not in own] == [
            (n, v) for n, v in parts.headers.items() if n not in own
        ]
        refused = await client.post("/check-transaction", json=body)
        problem(refused, 401, "unauthenticated")
        closing = await client.post("/check-transaction", json=body, headers=headers | {"Connection": "close"})
        assert (closing.status_code, closing.headers["connection"]) == (200, "close")
        chunked = await client.post("/check-transaction", content=_pieces(), headers=headers)
        problem(chunked, 415, "unsupported-media-type")


async def _pieces() -> AsyncIterator[bytes]:
    yield b"{"
    yield b"}"
