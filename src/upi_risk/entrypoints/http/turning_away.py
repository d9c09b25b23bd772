"""Refusing checks that there is no room for, at the price of a look at their bytes.

Under overload most of what comes is refused, and what refusing costs is taken from those who are answered. So a check
that came whole is neither parsed nor decoded: the answer is the same for all, but for the request's id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Final

from upi_risk.entrypoints.http.cors import Headers
from upi_risk.entrypoints.http.edge import complete
from upi_risk.entrypoints.http.errors import OVERLOADED, render
from upi_risk.entrypoints.http.whole import whole_bytes

_POST: Final = b"POST "
_HTTP: Final = b" HTTP/1.1"
_END: Final = b"\r\n\r\n"
_UNUSUAL: Final = re.compile(rb"\r\n(?:connection|expect|origin|te|trailer|upgrade)[ \t]*:")
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]{1,5})\r\n")
_SOMEBODY: Final = "0190a0b0-0000-7000-8000-000000000000"
"""Holds the place of a request's id, of the same length."""


def whole_check(data: bytes, paths: Collection[bytes]) -> bytes | None:
    """The path of a check, if these bytes are one, all of it and nothing else, beyond any doubt; None otherwise.

    Whatever changes where a message ends or what becomes of the connection is left to the parser.
    """
    line = data.find(b"\r\n")
    path = data[len(_POST) : line - len(_HTTP)]
    if not data.startswith(_POST) or path not in paths or data[line - len(_HTTP) : line] != _HTTP:
        return None
    end = data.find(_END, line)
    head = data[line : end + 2].lower()
    if end < 0 or head.count(b"content-length") != 1 or b"transfer-encoding" in head or _UNUSUAL.search(head):
        return None
    length = _LENGTH.search(head)
    if length is None or len(data) != end + len(_END) + int(length[1]) or head.count(b"\n") != head.count(b"\r\n"):
        return None
    return path


class Refusals:
    """Makes refusals of what there is no room for."""

    def __init__(self, new_id: Callable[[], str], safe: Headers) -> None:
        """``safe`` are headers that every answer has."""
        self._new_id = new_id
        self._safe = safe
        self._made: tuple[Sequence[tuple[bytes, bytes]] | None, bytes, bytes, bytes] = None, b"", b"", b""

    def one(self, default_headers: list[tuple[bytes, bytes]]) -> tuple[str, bytes]:
        """The id of a request, and its refusal; made anew when the server says something else with every answer."""
        if self._made[0] is not default_headers:
            body = render(OVERLOADED, _SOMEBODY)
            headers = [*default_headers, (b"content-length", b"%d" % len(body)), *OVERLOADED.encoded_headers]
            whole = whole_bytes(OVERLOADED.status, complete(headers, _SOMEBODY, self._safe), body)
            first, second, third = whole.split(_SOMEBODY.encode())
            self._made = default_headers, first, second, third
        request_id = self._new_id()
        name = request_id.encode()
        _, first, second, third = self._made
        return request_id, b"".join((first, name, second, name, third))
