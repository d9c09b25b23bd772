"""What there is no room for is refused unread; whatever is not beyond doubt one whole check goes to the parser."""

from __future__ import annotations

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.entrypoints.service import Service, check, problem
from tests.faults.wire import request
from upi_risk.entrypoints.http.turning_away import whole_check

PATH = b"/check-transaction"
PLAIN = request("POST", PATH.decode(), {"user_id": "UID-1", "receiver_upi": "shop@upi", "amount": 1}, "upa_" + "x" * 40)
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


def test_a_plain_check_is_one() -> None:
    assert whole_check(PLAIN, {PATH}) == PATH
    assert whole_check(PLAIN, {b"/v1" + PATH}) is None


@pytest.mark.parametrize("data", [PLAIN[:-1], PLAIN + b"x", PLAIN[:40], b"", PLAIN.replace(b"POST", b"GET"), PLAIN * 2])
def test_less_and_more_is_none(data: bytes) -> None:
    assert whole_check(data, {PATH}) is None


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
    assert whole_check(PLAIN.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n"), {PATH}) is None


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
    if whole_check(data, {PATH}) is None:
        return
    read = Read(data)
    if read.ended >= 0:  # what the parser refuses altogether may be refused so, too
        assert (read.url, read.heads, read.ended) == (PATH, 1, 1)
        assert data.endswith(b"\r\n\r\n" + read.body)
        assert read.keeps


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
