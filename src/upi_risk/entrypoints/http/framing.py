"""Where a message ends: anything that two readers might take differently is refused."""

from __future__ import annotations

from typing import Any, Final

import httptools

VERSIONS: Final = (b" HTTP/1.1", b" HTTP/1.0")
_SCHEMES: Final = frozenset({b"http", b"https"})


class FramingError(Exception):
    """A head that does not say plainly where its message ends, or what it is about."""


def body_length(headers: list[tuple[bytes, bytes]], version: str) -> int | None:
    """Let a body have a length or come in chunks, said once.

    The parser refuses most of it already; what it lets pass are codings before ``chunked`` and repeated ones. Blanks
    that it leaves at the end of values are taken away from ``headers``.

    Returns:
        The length; 0 without a body, None if it comes in chunks.

    Raises:
        FramingError: it is said otherwise, or the version is none of ours.
    """
    if version not in {"1.1", "1.0"}:
        raise FramingError
    lengths = codings = length = 0
    for at, (name, value) in enumerate(headers):
        if value[-1:].isspace():
            headers[at] = (name, value.rstrip(b" \t"))
        if name == b"content-length":
            lengths += 1
            length = int(value)  # digits, or the parser had refused it
        elif name == b"transfer-encoding":
            codings += 1
            if value.rstrip(b" \t").lower() != b"chunked" or version != "1.1":
                raise FramingError
    if lengths + codings > 1:
        raise FramingError
    return None if codings else length


def first_line_is_ours(data: bytes) -> bool:
    """Whether the first line of a head, if it is there, says HTTP/1; the parser waits for headers even after others."""
    line, end, _ = data.lstrip(b"\r\n").partition(b"\r\n")
    return not end or line.endswith(VERSIONS)


def path_and_host(target: bytes, method: str) -> tuple[bytes, bytes | None]:
    """The target as a path, and the host where it names one, which then counts instead of the Host header (RFC 9112).

    Args:
        target: of the request line, not beginning with a slash.
        method: of the request line.

    Raises:
        FramingError: it is neither a URL of HTTP nor the ``*`` of OPTIONS.
    """
    if target == b"*" and method == "OPTIONS":
        return b"/*", None
    try:
        url: Any = httptools.parse_url(target)  # its types do not say that each part may be None
    except httptools.HttpParserInvalidURLError:
        raise FramingError from None
    if url.schema is None or url.schema.lower() not in _SCHEMES or not url.host or url.userinfo:
        raise FramingError
    host = b"[%b]" % url.host if b":" in url.host else url.host
    path = (url.path or b"/") + (b"?" + url.query if url.query else b"")
    return path, host if url.port is None else b"%b:%d" % (host, url.port)
