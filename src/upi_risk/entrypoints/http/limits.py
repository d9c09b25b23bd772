"""What the head of a request must keep to, whatever it asks for."""

from __future__ import annotations

from typing import Final

from litestar.types import HTTPScope

from upi_risk.entrypoints.http.errors import HEADERS_TOO_LARGE, INVALID_HTTP, URI_TOO_LONG, Kind

LARGEST_HEADERS: Final = 16 * 1024
"""Bytes of all names and values, with the four that go between and after them."""

LONGEST_TARGET: Final = 8 * 1024
"""Bytes of path and query, with the question mark."""

_BETWEEN: Final = len(": \r\n")


def fault_of(scope: HTTPScope) -> Kind | None:
    """Why a request is refused by its head alone; None if it is not."""
    query = scope["query_string"]
    if len(scope["raw_path"]) + bool(query) + len(query) > LONGEST_TARGET:
        return URI_TOO_LONG
    size = hosts = 0
    for name, value in scope["headers"]:
        size += len(name) + len(value) + _BETWEEN
        hosts += name == b"host"
    if size > LARGEST_HEADERS:
        return HEADERS_TOO_LARGE
    # Two of them, and two readers might take different ones; HTTP/1.0 may do without.
    if hosts > 1 or (not hosts and scope["http_version"] == "1.1"):
        return INVALID_HTTP
    return None
