"""What the head of a request must keep to, whatever it asks for."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from litestar.types import HTTPScope

from upi_risk.entrypoints.http.body import LARGEST_BODY
from upi_risk.entrypoints.http.errors import (
    BAD_HOST,
    HEADERS_TOO_LARGE,
    INVALID_HTTP,
    NOT_FOUND,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    URI_TOO_LONG,
    Kind,
)

LARGEST_HEADERS: Final = 16 * 1024
"""Bytes of all names and values, with the four that go between and after them."""

LONGEST_TARGET: Final = 8 * 1024
"""Bytes of path and query, with the question mark."""

LOOPBACK_NAMES: Final = ("localhost", "127.0.0.1", "::1")

_HIDDEN: Final = (b"%2f", b"%5c", b"%2e")
"""Slashes and dots that are escaped: what is in front of us may take them for others than we do."""

_BETWEEN: Final = len(": \r\n")
_HOST: Final = re.compile(rb"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([A-Za-z0-9._-]+)(?::[0-9]{1,5})?")


class Head(NamedTuple):
    """What the edge needs of a request's headers.

    Attributes:
        fault: why the request is refused by its head alone; None if it is not.
        origin: of the web page that asks; None if it is none, or names several.
        traceparent: as it was sent; empty if it was not.
    """

    fault: Kind | None
    origin: bytes | None
    traceparent: bytes = b""


def read_head(scope: HTTPScope, hosts: Collection[bytes] | None = None) -> Head:  # noqa: C901, PLR0912 - a line a header
    """Look at a request's head once.

    Args:
        scope: the request's.
        hosts: names, in lower case, that the service goes by; any if None.
    """
    query = scope["query_string"]
    size = named = asking = 0
    host = origin = traceparent = b""
    packed = large = False
    for name, value in scope["headers"]:
        size += len(name) + len(value) + _BETWEEN
        if name == b"host":
            host = value
            named += 1
        elif name == b"origin":
            origin = value
            asking += 1
        elif name == b"traceparent":
            traceparent = value
        elif name == b"content-encoding" and value.lower() != b"identity":
            packed = True
        elif name == b"content-length":
            large = value.isdigit() and int(value) > LARGEST_BODY
    fault = None
    if len(scope["raw_path"]) + bool(query) + len(query) > LONGEST_TARGET:
        fault = URI_TOO_LONG
    elif size > LARGEST_HEADERS:
        fault = HEADERS_TOO_LARGE
    # Two of them, and two readers might take different ones; HTTP/1.0 may do without.
    elif named > 1 or (not named and scope["http_version"] == "1.1"):
        fault = INVALID_HTTP
    elif large:
        fault = TOO_LARGE
    elif named and hosts is not None and host_name(host) not in hosts:
        fault = BAD_HOST
    elif b"%" in scope["raw_path"] and any(hidden in scope["raw_path"].lower() for hidden in _HIDDEN):
        fault = NOT_FOUND
    elif packed:
        fault = UNSUPPORTED_MEDIA_TYPE
    return Head(fault, origin if asking == 1 else None, traceparent)


def host_name(host: bytes) -> bytes | None:
    """The name in a Host header, in lower case and without the port; None if there is none."""
    match = _HOST.fullmatch(host)
    return (match[1] or match[2]).lower() if match else None
