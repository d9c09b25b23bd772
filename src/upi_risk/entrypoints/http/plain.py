"""Reading a request that came whole and in the plainest of shapes, without a parser's calls for each part of it.

The parser makes a call for each header. Nearly every check comes in one piece, and its head is lines of visible
characters: two looks by regular expressions read it in a third of the time. Whatever is not in that shape beyond any
doubt is left to the parser, which alone says what is wrong with a request.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

_END: Final = b"\r\n\r\n"
_HEADER: Final = re.compile(rb"^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([!-~](?:[ -~]*[!-~])?)\r\n", re.MULTILINE)
_LONGEST: Final = 8 * 1024
_LONGEST_LENGTH: Final = 5
"""Digits of a body's length."""


class PlainRequest(NamedTuple):
    """A request.

    Attributes:
        path: as in the request line.
        headers: by their names in lower case, each of which came once.
        body: all of it.
    """

    path: bytes
    headers: dict[bytes, bytes]
    body: bytes


class PlainReader:
    """Reads posts to some paths."""

    def __init__(self, paths: Collection[bytes], unusual: Collection[bytes]) -> None:
        """Make one.

        Args:
            paths: as they are in a request line.
            unusual: headers, by their names in lower case, with any of which a request is left to the parser. Those
                that say where a message ends or what becomes of the connection have to be among them.
        """
        self._unusual = frozenset(unusual)
        self._begun = {b"POST %b HTTP/1.1\r" % path: path for path in paths}

    def read(self, data: bytes) -> PlainRequest | None:
        """The request that these bytes are, all of it and nothing else; None if they may be anything else.

        One of its headers tells the length of the body, and none is unusual. What the others mean is not looked at.
        """
        line = data.find(b"\n") + 1
        path = self._begun.get(data[: line - 1])
        end = data.find(_END) + 2
        if path is None or not line < end < _LONGEST:
            return None
        lines = data[line:end]
        found = _HEADER.findall(lines)
        headers = {name.lower(): value for name, value in found}
        if not len(headers) == len(found) == lines.count(b"\n") or not self._unusual.isdisjoint(headers):
            return None
        length = headers.get(b"content-length", b"")
        body = data[end + 2 :]
        if not length.isdigit() or len(length) > _LONGEST_LENGTH or int(length) != len(body):
            return None
        return PlainRequest(path, headers, body)
