"""Whether the process lives, and whether it can answer payments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from litestar.handlers import HTTPRouteHandler

from upi_risk.entrypoints.http.answers import Answer, answer
from upi_risk.entrypoints.http.edge import REQUEST_ID
from upi_risk.entrypoints.http.errors import UNAVAILABLE_DEPENDENCY, render
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.reading import get
from upi_risk.entrypoints.http.schemas import Health


def living() -> HTTPRouteHandler:
    """``GET /health/live``."""

    @get("/health/live")
    async def handler() -> Answer:
        return answer(Health("live"))

    return handler


def readiness(ready: Callable[[], Awaitable[Mapping[str, bool]]]) -> HTTPRouteHandler:
    """``GET /health/ready``."""

    @get("/health/ready")
    async def handler(request: HttpRequest) -> Answer:
        checks = dict(await ready())
        if all(checks.values()):
            return answer(Health("ready", checks))
        kind = UNAVAILABLE_DEPENDENCY
        body = render(kind, request.scope["state"][REQUEST_ID], checks=checks)
        return Answer(body, kind.status, kind.encoded_headers)

    return handler
