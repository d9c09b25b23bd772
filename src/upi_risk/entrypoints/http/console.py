"""The analysts' console: a page and its script without any data, which they ask the operators' routes for."""

from __future__ import annotations

from importlib import resources
from typing import Final

from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.reading import get

_FOLDER: Final = resources.files("upi_risk.entrypoints.http") / "console_assets"
_TYPES: Final = {"css": "text/css", "js": "text/javascript"}
_ASSETS: Final = ("console.css", "console.js", "parts.js", "views.js")
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'none'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Scripts and styles of ours alone, and no text becomes markup (Trusted Types)."""

_HEADERS: Final = {"content-security-policy": POLICY, "cache-control": "no-store", "referrer-policy": "no-referrer"}


def console() -> list[HTTPRouteHandler]:
    """``GET /console`` and its assets."""
    page = (_FOLDER / "index.html").read_bytes()
    assets = {name: (_FOLDER / name).read_bytes() for name in _ASSETS}

    @get("/console")
    async def shell() -> ASGIResponse:
        return ASGIResponse(body=page, headers=_HEADERS, media_type="text/html")

    @get("/console/assets/{name:str}")
    async def asset(request: HttpRequest) -> ASGIResponse:
        name = str(request.path_params["name"])
        if name not in assets:
            raise NotFoundException
        return ASGIResponse(body=assets[name], headers=_HEADERS, media_type=_TYPES[name.rsplit(".", 1)[-1]])

    return [shell, asset]
