"""Which web pages may call: exact origins, and never with credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from litestar.types import HTTPScope

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

METHODS: Final = frozenset({b"GET", b"POST"})
_SENT: Final = ("Authorization", "Content-Type", "Idempotency-Key")
_SEEN: Final = ("Idempotent-Replayed", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID")
_SAFE: Final = ("accept", "accept-language", "content-language")  # a page may send these without asking
_ALLOWED: Final = frozenset(name.lower().encode() for name in (*_SENT, *_SAFE))
_FOR_ANSWERS: Final = ((b"access-control-expose-headers", ", ".join(_SEEN).encode()), (b"vary", b"Origin"))
PREFLIGHT: Final = (
    (b"access-control-allow-methods", b", ".join(sorted(METHODS))),
    (b"access-control-allow-headers", ", ".join(_SENT).encode()),
    (b"access-control-max-age", b"600"),
)
"""Headers of the answer to a page that asks whether it may call, beside those of every answer to it."""


class Origins:
    """The origins that may call."""

    def __init__(self, origins: Sequence[str]) -> None:
        """``origins`` are compared byte for byte.

        Raises:
            ValueError: one of them is a pattern.
        """
        for origin in origins:
            if "*" in origin:
                raise ValueError("A CORS origin is an exact one, as https://app.example.com; patterns are not taken.")
        self._headers: Mapping[bytes, Headers] = {
            origin.encode(): ((b"access-control-allow-origin", origin.encode()), *_FOR_ANSWERS) for origin in origins
        }

    def headers_for(self, origin: bytes | None) -> Headers:
        """What an answer to a page of this origin says, whatever the answer is; nothing to any other."""
        return self._headers.get(origin, ()) if origin is not None else ()


def asked_method(scope: HTTPScope) -> bytes | None:
    """The method that a page asks whether it may use; None if the request is no such question.

    Args:
        scope: of a request that names its origin.
    """
    if scope["method"] != "OPTIONS":
        return None
    return next((value for name, value in scope["headers"] if name == b"access-control-request-method"), None)


def may_send(scope: HTTPScope, method: bytes) -> bool:
    """Whether pages of ours may send what this one asks about."""
    asked = b",".join(value for name, value in scope["headers"] if name == b"access-control-request-headers")
    return method in METHODS and {name.strip().lower() for name in asked.split(b",")} - {b""} <= _ALLOWED
