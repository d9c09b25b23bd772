"""What there is no room for is refused unread; whatever is not beyond doubt one whole check goes to the parser."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from uuid import RFC_4122, UUID

import httptools
import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st

from tests.entrypoints.service import Service, check, problem
from tests.faults.wire import request
from upi_risk.bootstrap.commands.serve import server_options
from upi_risk.bootstrap.settings import Settings
from upi_risk.entrypoints.http.record import RequestRecord
from upi_risk.entrypoints.http.turning_away import TOLD_SINGLY, Refusals, WholeChecks

PATH = "/check-transaction"
PLAIN = request("POST", PATH, {"user_id": "UID-1", "receiver_upi": "shop@upi", "amount": 1}, "upa_" + "x" * 40)
PIECES = (
    b"\r\n", b"\n", b"\r", b" ", b"\t", b":", b"0", b"9", b"\x00",
    b"Content-Length: 2\r\n", b"content-length:3\r\n", b"Content-Length : 2\r\n",
    b"Transfer-Encoding: chunked\r\n", b"transfer-encoding:\tchunked\r\n", b"Connection: close\r\n",
    b"Expect: 100-continue\r\n",
    b"Upgrade: h2c\r\n", b"Origin: http://a\r\n", b"X: y\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
)  # fmt: skip


class Read:
    """What the parser makes of bytes."""

    def __init__(self, data: bytes) -> None:
        self.url, self.heads, self.ended, self.body = b"", 0, 0, b""
        self.keeps = True
        self.parser = httptools.HttpRequestParser(self)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserError:
            self.ended = -1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_headers_complete(self) -> None:
        self.heads += 1
        self.keeps &= self.parser.should_keep_alive() and not self.parser.should_upgrade()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.ended += 1


def whole_check(data: bytes, paths: Collection[str] = (PATH,)) -> str | None:
    """What is said the first time, and again."""
    checks = WholeChecks(paths)
    said = checks.path_of(data)
    assert checks.path_of(data) == said
    return said


def test_a_plain_check_is_one() -> None:
    assert whole_check(PLAIN) == PATH
    assert whole_check(PLAIN, ["/v1" + PATH]) is None
    assert whole_check(PLAIN.replace(b" /check", b" /v1/check"), [PATH, "/v1" + PATH]) == "/v1" + PATH


def test_a_head_that_is_known_says_how_long_its_body_is() -> None:
    """Red when a known head is enough: what comes apart, or comes with more, would be answered twice."""
    checks = WholeChecks([PATH])
    assert checks.path_of(PLAIN) == PATH
    assert checks.path_of(PLAIN[:-1]) is None
    assert checks.path_of(PLAIN + b"P") is None
    checks.forget()
    assert checks._known == {}


def test_only_so_many_heads_are_remembered() -> None:
    """Red without the bound, and without that of one head."""
    checks = WholeChecks([PATH])
    for number in range(5_000):
        assert checks.path_of(PLAIN.replace(b"xxxxxx", b"%06d" % number)) == PATH
    assert 0 < len(checks._known) <= 2_048
    before = len(checks._known)
    assert checks.path_of(PLAIN.replace(b"Host: ", b"X: " + b"x" * 2_000 + b"\r\nHost: ")) == PATH
    assert len(checks._known) == before


@pytest.mark.parametrize("data", [PLAIN[:-1], PLAIN + b"x", PLAIN[:40], b"", PLAIN.replace(b"POST", b"GET"), PLAIN * 2])
def test_less_and_more_is_none(data: bytes) -> None:
    assert whole_check(data) is None


@pytest.mark.parametrize(
    "line",
    [
        b"Transfer-Encoding: chunked\r\n", b"Content-Length: 9\r\n", b"Connection: close\r\n",
        b"EXPECT: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Origin: http://a\r\n",
        b"X: y\nTransfer-Encoding : chunked\r\n", b"X: y\n\nz: z\r\n",
    ],
)  # fmt: skip
def test_what_is_in_doubt_is_for_the_parser(line: bytes) -> None:
    """Each was seen red without the look for it."""
    assert whole_check(PLAIN.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n")) is None


@given(
    st.lists(st.tuples(st.integers(0, len(PLAIN)), st.integers(0, 12), st.sampled_from(PIECES)), min_size=1, max_size=3)
)
@example([(PLAIN.index(b"Content-Length"), 0, b"Transfer-Encoding: chunked\r\n")])
@example([(PLAIN.index(b"Content-Length"), 0, b"Connection: close\r\n")])
def test_what_is_refused_unread_is_one_message_to_the_parser_too(changes: list[tuple[int, int, bytes]]) -> None:
    """Red without the look for what closes the connection."""
    data = PLAIN
    for place, gone, piece in changes:
        data = data[:place] + piece + data[place + gone :]
    if whole_check(data) is None:
        return
    read = Read(data)
    if read.ended >= 0:  # what the parser refuses altogether may be refused so, too
        assert (read.url, read.heads, read.ended) == (PATH.encode(), 1, 1)
        assert data.endswith(b"\r\n\r\n" + read.body)
        assert read.keeps


async def test_each_refusal_has_an_id_of_its_own_and_all_are_counted() -> None:
    """Red when those not told one by one are dropped, when ids of a lot are the same, and when heads are kept."""
    records: list[RequestRecord] = []
    noted: list[int] = []
    new_id = SequentialIds()
    refusals = Refusals(new_id, (), records.append, noted.append, [PATH])
    answers = [refusals.one(date, PATH) for date in ([(b"date", b"a")], [(b"date", b"b")]) for _ in range(150)]
    names = [answer.split(b"x-request-id: ")[1][:36].decode() for answer in answers]
    assert len(set(names)) == 300
    assert all(UUID(name).version == 7 and UUID(name).variant == RFC_4122 for name in names)
    assert [record.request_id for record in records] == names[:TOLD_SINGLY]
    refusals.tell()
    assert sum(record.times for record in records) == sum(noted) == 300
    assert {(record.route, record.status) for record in records} == {(PATH, 503)}
    refusals.tell()
    assert sum(noted) == 300
    assert refusals.checks.path_of(PLAIN) == PATH
    until = asyncio.get_running_loop().time() + 20
    while refusals.checks._known and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 - nobody tells it
        await asyncio.sleep(0.02)
    assert refusals.checks._known == {}, "tokens are kept no longer than there is overload"
    assert [head for head, _, body in (answer.partition(b"\r\n\r\n") for answer in answers) if not body] == []


async def test_a_caller_who_is_turned_away_again_and_again_keeps_the_connection_and_loses_it_when_idle() -> None:
    """Red when the first timer of an idle connection closes it, and when none is set after a refusal."""
    service = Service()
    service.replaced["full"] = lambda: True
    app = service.app()
    server = uvicorn.Server(uvicorn.Config(app, **server_options(Settings()) | {"timeout_keep_alive": 1}))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
            await asyncio.sleep(0.01)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
        for pause in (0.7, 0.7, 0):
            writer.write(PLAIN)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            await asyncio.sleep(pause)
        assert await asyncio.wait_for(reader.read(), 20) == b""
        writer.close()
        server.should_exit = True
        await running
    assert sum(record.times for record in service.records) == 3


class SequentialIds:
    """UUIDs whose random digits are all ones, at the edge of what can be counted on."""

    def __init__(self) -> None:
        self._lot = 0

    def __call__(self) -> str:
        self._lot += 1
        return f"0190a0b0-0000-7000-8000-{'f' * 12}".replace("0000-7", f"{self._lot:04x}-7")


async def test_ones_past_is_not_read_while_checks_need_the_time(service: Service) -> None:
    """Red when the edge does not ask whether it is crowded."""
    service.replaced["crowded"] = lambda: True
    async with service.client() as client:
        asha = await service.sign_up(client)
        for path in ("/transactions", "/v1/transactions"):
            answer = await client.get(path, headers=asha.headers)
            assert problem(answer, 503, "overloaded")["fallback_decision"] == "VERIFY"
        assert (await check(client, asha)).status_code == 200
        assert (await client.get("/health/ready")).status_code == 200
