"""What is read without the parser is what the parser reads, or it is left to the parser."""

from __future__ import annotations

from typing import Any

import httptools
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upi_risk.entrypoints.http.express import UNUSUAL
from upi_risk.entrypoints.http.plain import PlainReader, PlainRequest

PATH = b"/check-transaction"
HEADERS = (b"Host: upi.test", b"Content-Type: application/json", b"Authorization: Bearer upa_token")
BODY = b'{"user_id":"UID-A","receiver_upi":"shop@okbank","amount":500}'
READER = PlainReader([PATH], UNUSUAL)


def request(*headers: bytes, first: bytes = b"POST /check-transaction HTTP/1.1", body: bytes = BODY) -> bytes:
    return b"\r\n".join([first, *(headers or (*HEADERS, b"Content-Length: %d" % len(body))), b"", body])


class Parsed:
    """What the parser calls out."""

    def __init__(self, data: bytes) -> None:
        self.url = self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete += 1


def test_an_ordinary_check_is_read() -> None:
    headers = {b"host": b"upi.test", b"content-type": b"application/json", b"authorization": b"Bearer upa_token"}
    assert READER.read(request()) == PlainRequest(PATH, {**headers, b"content-length": b"61"}, BODY)


LENGTH = b"Content-Length: 61"
LEFT: dict[str, bytes] = {
    "another path": request(first=b"POST /signup HTTP/1.1"),
    "another method": request(first=b"PUT /check-transaction HTTP/1.1"),
    "HTTP/1.0": request(first=b"POST /check-transaction HTTP/1.0"),
    "a line's end alone, first": request(first=b"POST /check-transaction HTTP/1.1\nA: b"),
    "a line's end alone": request(LENGTH, b"A: b\nC: d"),
    "a carriage return alone": request(LENGTH, b"A: b\rC: d"),
    "two blanks": request(LENGTH, b"A:  b"),
    "a tab": request(LENGTH, b"A:\tb"),
    "a blank at the end": request(LENGTH, b"A: b "),
    "no value": request(LENGTH, b"A:"),
    "a blank before the colon": request(LENGTH, b"A : b"),
    "a blank in front": request(LENGTH, b" A: b"),
    "a continued line": request(LENGTH, b"A: b", b" c"),
    "no colon": request(LENGTH, b"A"),
    "no name": request(LENGTH, b": b"),
    "a name beyond ASCII": request(LENGTH, "\u00c4: b".encode()),
    "a value beyond ASCII": request(LENGTH, "A: \u00e4".encode()),
    "a value with a zero": request(LENGTH, b"A: b\0c"),
    "a header twice": request(LENGTH, b"A: b", b"a: c"),
    "a length twice": request(LENGTH, LENGTH),
    "no length": request(b"A: b"),
    "a length with a sign": request(b"Content-Length: +61"),
    "a length beyond digits": request(b"Content-Length: 0x3d"),
    "a long length": request(b"Content-Length: 000061"),
    "a shorter body": request(LENGTH, body=BODY[:-1]),
    "a longer body": request(LENGTH, body=BODY + b"}"),
    "another request behind": request() + request(),
    "chunks": request(b"Transfer-Encoding: chunked"),
    "a length and chunks": request(LENGTH, b"Transfer-Encoding: chunked"),
    "another protocol": request(LENGTH, b"Upgrade: h2c"),
    "the connection's end": request(LENGTH, b"connection: close"),
    "a long head": request(LENGTH, b"A: " + b"b" * 9_000),
    "no head's end": request()[:100],
    "no header": b"POST /check-transaction HTTP/1.1\r\n\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("data", LEFT.values(), ids=LEFT)
def test_what_is_in_doubt_is_left_to_the_parser(data: bytes) -> None:
    """Red where a header need not begin its line, its value may be any, lines are not counted, or none is unusual."""
    assert READER.read(data) is None


LINES = st.sampled_from((b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b""))
TEXTS = st.one_of(
    st.text("abAB-: \t,;=\"'1\x00\x7f\xe4", max_size=8).map(str.encode),
    st.sampled_from((b"Content-Length", b"Host", b"Transfer-Encoding", b"chunked", b"61", b"3")),
)
SEPARATORS = st.sampled_from((b": ", b": ", b": ", b":", b" : ", b":  ", b""))


@st.composite
def nearly_requests(draw: Any) -> bytes:  # noqa: ANN401 - hypothesis's own
    body = draw(st.sampled_from((BODY, b"{}", b"")))
    lines = [(b"POST /check-transaction HTTP/1.1", b"\r\n"), (b"Content-Length: %d" % len(body), draw(LINES))]
    more = [(draw(TEXTS) + draw(SEPARATORS) + draw(TEXTS), draw(LINES)) for _ in range(draw(st.integers(0, 4)))]
    told: bytes = b"".join(text + end for text, end in (*lines, *more)) + b"\r\n" + body
    return told


@given(nearly_requests())
@example(request())
def test_whatever_is_read_the_parser_reads_alike(data: bytes) -> None:
    """Red where lines are not counted against headers, or no header is unusual."""
    read = READER.read(data)
    if read is not None:
        parsed = Parsed(data)
        assert (parsed.complete, parsed.url, parsed.body) == (1, read.path, read.body)
        assert dict(parsed.headers) == read.headers
        assert len(parsed.headers) == len(read.headers)
