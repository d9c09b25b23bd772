"""Routes that are only read."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from litestar import route
from litestar.enums import HttpMethod
from litestar.handlers import HTTPRouteHandler

READING: Final = frozenset({HttpMethod.GET, HttpMethod.HEAD})

get: Callable[..., Callable[[Any], HTTPRouteHandler]] = partial(route, http_method=sorted(READING))
"""As Litestar's ``get``, and the route answers HEAD by the same headers without the body (RFC 9110, 9.1 and 9.3.2)."""
