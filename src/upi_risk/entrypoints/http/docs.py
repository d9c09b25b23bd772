"""The documentation in the browser: Swagger UI out of the package, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Final

import msgspec
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse

from upi_risk.entrypoints.http.answers import JSON
from upi_risk.entrypoints.http.headers import HttpRequest
from upi_risk.entrypoints.http.openapi import document
from upi_risk.entrypoints.http.operations import Operation
from upi_risk.entrypoints.http.reading import get

_BUNDLE: Final = resources.files("swagger_ui_bundle") / "vendor" / "swagger-ui-4.15.5"
_TYPES: Final = {"css": "text/css", "js": "text/javascript", "png": "image/png"}
_FROM_BUNDLE: Final = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")
_KEEP: Final = {"cache-control": "public, max-age=3600"}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>UPI risk</title>
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/assets/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""

_START: Final = b"""\
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  deepLinking: true,
});
"""


def documentation(version: str, operations: Sequence[Operation]) -> list[HTTPRouteHandler]:
    """``GET /docs``, its assets and ``GET /openapi.json``.

    Args:
        version: the service's.
        operations: the routes that there are.
    """
    assets = {name: (_BUNDLE / name).read_bytes() for name in _FROM_BUNDLE} | {"start.js": _START}
    described = msgspec.json.encode(document(version, operations))

    @get("/docs", name="docs")
    async def page() -> ASGIResponse:
        headers = {"content-security-policy": _POLICY}
        return ASGIResponse(body=_PAGE, headers=headers, media_type="text/html")

    @get("/docs/assets/{name:str}")
    async def asset(request: HttpRequest) -> ASGIResponse:
        name = str(request.path_params["name"])
        if name not in assets:
            raise NotFoundException
        kept = _KEEP if name in _FROM_BUNDLE else None  # what we wrote may change with any release
        return ASGIResponse(body=assets[name], headers=kept, media_type=_TYPES[name.rsplit(".", 1)[-1]])

    @get("/openapi.json")
    async def description() -> ASGIResponse:
        return ASGIResponse(body=described, media_type=JSON)

    return [page, asset, description]
