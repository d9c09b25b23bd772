"""Refusing checks that there is no room for, at the price of a look at their bytes.

Under overload most of what comes is refused, and what refusing costs is taken from those who are answered. So a check
that came whole is neither parsed nor decoded: the answer is the same for all, but for the request's id. What is kept of
it is a number.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Final

from upi_risk.entrypoints.http.cors import Headers
from upi_risk.entrypoints.http.edge import complete
from upi_risk.entrypoints.http.errors import OVERLOADED, render
from upi_risk.entrypoints.http.record import RequestRecord
from upi_risk.entrypoints.http.tracing import trace_of
from upi_risk.entrypoints.http.whole import whole_bytes

TOLD_SINGLY: Final = 8
"""So many of those that are turned away within ``TOLD_SECONDS`` are told one by one, the others as a number."""

TOLD_SECONDS: Final = 0.1

_END: Final = b"\r\n\r\n"
_IN_DOUBT: Final = re.compile(
    rb"\r\n(?:(?:connection|expect|origin|te|trailer|transfer-encoding|upgrade)[ \t]*:|[ \t])"
)
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]{1,5})\r\n")
_SOMEBODY: Final = "0190a0b0-0000-7000-8000-000000000000"
"""Holds the place of a request's id, of the same length."""
_LOT: Final = 64
_MOST_KNOWN: Final = 2_048
_LONGEST_KNOWN: Final = 1_024
_FREE_DIGITS: Final = 12
"""Of an id, at its end, which are random."""


class WholeChecks:
    """Knows a check by its bytes.

    Heads that were looked through are remembered for a while, as callers say the same again and again: to see that a
    head is one of them takes a sixth of the time.
    """

    def __init__(self, paths: Collection[str]) -> None:
        """``paths`` are those that checks come in on."""
        self._begun = {b"POST %b HTTP/1.1\r\n" % path.encode(): path for path in paths}
        self._known: dict[bytes, tuple[int, str]] = {}

    def path_of(self, data: bytes) -> str | None:
        """The path of a check, if these bytes are one, all of it and nothing else, beyond any doubt; None otherwise.

        Whatever changes where a message ends or what becomes of the connection is left to the parser.
        """
        end = data.find(_END) + len(_END)
        known = self._known.get(data[:end]) or self._looked_through(data[:end])
        return known[1] if known is not None and len(data) == end + known[0] else None

    def forget(self) -> None:
        """Remember no head any more."""
        self._known.clear()

    def _looked_through(self, head: bytes) -> tuple[int, str] | None:
        """The length of the body that a head announces, and its path."""
        path = self._begun.get(head[: head.find(b"\n") + 1])
        if path is None:
            return None
        lower = head.lower()
        length = _LENGTH.search(lower)
        if length is None or _IN_DOUBT.search(lower) or lower.count(b"content-length") != 1:
            return None
        if lower.count(b"\n") != lower.count(b"\r\n"):
            return None
        known = int(length[1]), path
        if len(head) <= _LONGEST_KNOWN:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[head] = known
        return known


class Refusals:
    """Makes refusals of what there is no room for, and counts them.

    Attributes:
        checks: tells what may be refused so.
    """

    def __init__(
        self,
        new_id: Callable[[], str],
        safe: Headers,
        log_request: Callable[[RequestRecord], None],
        note: Callable[[int], None],
        paths: Collection[str],
    ) -> None:
        """Make one.

        Args:
            new_id: makes a request's id, a UUID whose last digits are random.
            safe: headers that every answer has.
            log_request: is told of requests that were answered.
            note: is told how many were turned away.
            paths: that checks come in on.
        """
        self.checks = WholeChecks(paths)
        self._new_id = new_id
        self._safe = safe
        self._log_request = log_request
        self._note = note
        self._default: Sequence[tuple[bytes, bytes]] | None = None
        self._parts = b"", b"", b""
        self._names: list[bytes] = []
        self._looking = False
        self._singly = 0
        self._more: Counter[str] = Counter()

    def one(self, default_headers: list[tuple[bytes, bytes]], path: str) -> bytes:
        """A refusal of a check that came in on a path."""
        if self._default is not default_headers:
            self._say(default_headers)
        if not self._names:
            self._names = _numbered(self._new_id())
        name = self._names.pop()
        if self._singly < TOLD_SINGLY:
            self._tell(path, name.decode())
        else:
            self._more[path] += 1
        first, second, third = self._parts
        return b"".join((first, name, second, name, third))

    def tell(self) -> None:
        """Tell of those that were not told one by one."""
        more, self._more = self._more, Counter()
        self._note(self._singly + more.total())
        self._singly = 0
        for path, times in more.items():
            self._log_request(_record(path, self._new_id(), times))

    def _tell(self, path: str, request_id: str) -> None:
        if not self._looking:
            self._look_later()
        self._singly += 1
        self._log_request(_record(path, request_id, 1))

    def _look_later(self) -> None:
        self._looking = True
        asyncio.get_running_loop().call_later(TOLD_SECONDS, self._look)

    def _look(self) -> None:
        if self._singly:
            self.tell()
            self._look_later()
        else:
            self.checks.forget()
            self._looking = False

    def _say(self, default_headers: list[tuple[bytes, bytes]]) -> None:
        """Begin to say what the server says with every answer from now on, and the instant that ids tell."""
        body = render(OVERLOADED, _SOMEBODY)
        headers = [*default_headers, (b"content-length", b"%d" % len(body)), *OVERLOADED.encoded_headers]
        whole = whole_bytes(OVERLOADED.status, complete(headers, _SOMEBODY, self._safe), body)
        first, second, third = whole.split(_SOMEBODY.encode())
        self._default, self._parts, self._names = default_headers, (first, second, third), []


def _record(path: str, request_id: str, times: int) -> RequestRecord:
    return RequestRecord("POST", path, OVERLOADED.status, 0.0, request_id, trace_of(b"", request_id), times=times)


def _numbered(request_id: str) -> list[bytes]:
    """Ids that differ in their random digits alone, which are counted on (RFC 9562, section 6.2)."""
    same, drawn = request_id[:-_FREE_DIGITS].encode(), int(request_id[-_FREE_DIGITS:], 16)
    first = min(drawn, (1 << 4 * _FREE_DIGITS) - _LOT)
    return [b"%b%012x" % (same, number) for number in range(first, first + _LOT)]
