"""Writing JSON answers, encoded once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse

from upi_risk.entrypoints.http.edge import REQUEST_ID, LogFailure
from upi_risk.entrypoints.http.errors import (
    MEDIA_TYPE,
    ClientGoneError,
    field_errors,
    headers_of,
    kind_of,
    render,
)
from upi_risk.entrypoints.http.headers import HttpRequest

OK: Final = 200
CREATED: Final = 201
JSON: Final = "application/json; charset=utf-8"
_FAILED: Final = 500
_ENCODER: Final = msgspec.json.Encoder()


def answer(content: msgspec.Struct, status: int = OK, headers: dict[str, Any] | None = None) -> ASGIResponse:
    """An answer with a JSON body."""
    return ASGIResponse(body=_ENCODER.encode(content), status_code=status, headers=headers, media_type=JSON)


def refusals(log_failure: LogFailure) -> Callable[[HttpRequest, Exception], Response[bytes]]:
    """What turns any exception of a route into a problem; those that are ours to mend are told to ``log_failure``."""

    def refuse(request: HttpRequest, error: Exception) -> Response[bytes]:
        if isinstance(error, ClientGoneError):
            raise error
        kind = kind_of(error)
        request_id = request.scope["state"][REQUEST_ID]
        if kind.status >= _FAILED:
            log_failure(request_id, error)
        body = render(kind, request_id, field_errors(error))
        return Response(body, status_code=kind.status, headers=headers_of(error, kind), media_type=MEDIA_TYPE)

    return refuse
