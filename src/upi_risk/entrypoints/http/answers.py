"""Writing JSON answers, encoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.types import Receive, Scope, Send

from upi_risk.entrypoints.http.edge import REQUEST_ID, WHOLE, LogFailure
from upi_risk.entrypoints.http.errors import (
    MEDIA_TYPE,
    ClientGoneError,
    Kind,
    ProblemError,
    field_errors,
    headers_of,
    kind_of,
    render,
)
from upi_risk.entrypoints.http.headers import HttpRequest

OK: Final = 200
CREATED: Final = 201
JSON: Final = "application/json; charset=utf-8"
_JSON_HEADER: Final = (b"content-type", JSON.encode())
_FAILED: Final = 500
_ENCODER: Final = msgspec.json.Encoder()


class Answer:
    """An answer that needs nothing worked out any more: two messages. Litestar passes it on as it is."""

    __slots__ = ("_body", "_headers", "_status")

    def __init__(self, body: bytes, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self._body = body
        self._status = status
        self._headers = [(b"content-length", b"%d" % len(body)), *headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send it."""
        if WHOLE in (scope.get("extensions") or ()):  # only where no layer of Litestar is between
            whole: Any = {"type": WHOLE, "status": self._status, "headers": self._headers, "body": self._body}
            await send(whole)
            return
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def encoded(content: msgspec.Struct) -> bytes:
    """A JSON body."""
    return _ENCODER.encode(content)


def answer(content: msgspec.Struct, status: int = OK, headers: Iterable[tuple[bytes, bytes]] = ()) -> Answer:
    """An answer with a JSON body."""
    return Answer(encoded(content), status, (_JSON_HEADER, *headers))


def refusals(log_failure: LogFailure) -> Callable[[HttpRequest, Exception], Response[bytes]]:
    """What turns any exception of a route into a problem; those that are ours to mend are told to ``log_failure``."""

    def refuse(request: HttpRequest, error: Exception) -> Response[bytes]:
        kind, body = _problem(request.scope, error, log_failure)
        return Response(body, status_code=kind.status, headers=headers_of(error, kind), media_type=MEDIA_TYPE)

    return refuse


def refusal(scope: Scope, error: Exception, log_failure: LogFailure) -> Answer:
    """The problem that an exception is, for a route that is plain ASGI; see :func:`refusals`."""
    kind, body = _problem(scope, error, log_failure)
    extra = error.headers if isinstance(error, ProblemError) else ()
    return Answer(body, kind.status, [*kind.encoded_headers, *extra])


def _problem(scope: Scope, error: Exception, log_failure: LogFailure) -> tuple[Kind, bytes]:
    if isinstance(error, ClientGoneError):
        raise error
    kind = kind_of(error)
    request_id = scope["state"][REQUEST_ID]
    if kind.status >= _FAILED:
        log_failure(request_id, error)
    return kind, render(kind, request_id, field_errors(error))
