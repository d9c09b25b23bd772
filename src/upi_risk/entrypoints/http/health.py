"""Whether the process lives, and whether it can answer payments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from upi_risk.entrypoints.http.answers import answer
from upi_risk.entrypoints.http.edge import REQUEST_ID
from upi_risk.entrypoints.http.errors import MEDIA_TYPE, UNAVAILABLE_DEPENDENCY, render
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.schemas import Health


def living() -> HTTPRouteHandler:
    """``GET /health/live``."""

    @get("/health/live")
    async def handler() -> ASGIResponse:
        return answer(Health("live"))

    return handler


def readiness(ready: Callable[[], Awaitable[Mapping[str, bool]]]) -> HTTPRouteHandler:
    """``GET /health/ready``."""

    @get("/health/ready")
    async def handler(request: HttpRequest) -> ASGIResponse:
        checks = dict(await ready())
        if all(checks.values()):
            return answer(Health("ready", checks))
        kind = UNAVAILABLE_DEPENDENCY
        body = render(kind, request.scope["state"][REQUEST_ID], checks=checks)
        return ASGIResponse(body=body, status_code=kind.status, headers=dict(kind.headers), media_type=MEDIA_TYPE)

    return handler
