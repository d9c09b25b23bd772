"""Who may use which route. One that is not in the table is open to nobody, and nothing starts with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

from litestar.connection import ASGIConnection
from litestar.handlers import ASGIRouteHandler, BaseRouteHandler
from litestar.routes import ASGIRoute, BaseRoute
from litestar.types import Guard, HTTPScope

from upi_risk.application.recognise import Recognise
from upi_risk.domain.access import Access, Caller, Role, Scope
from upi_risk.entrypoints.http.guards import CALLER, bearer_token

_PUBLIC: Final = Access(public=True)
_PAYER: Final = Access(payer=True)
_ANALYST: Final = frozenset({Role.ANALYST})
_ADMIN: Final = frozenset({Role.ADMIN})
_NOBODY: Final = Access()

ACCESS: Final[Mapping[tuple[str, str], Access]] = {
    ("POST", "/signup"): _PUBLIC,
    ("POST", "/login"): _PUBLIC,
    ("POST", "/token/refresh"): _PUBLIC,
    ("POST", "/logout"): _PAYER,
    ("POST", "/logout-all"): _PAYER,
    ("GET", "/sessions"): _PAYER,
    ("GET", "/me"): _PAYER,
    ("GET", "/devices"): _PAYER,
    ("POST", "/devices"): _PAYER,
    ("POST", "/devices/{device_id}/revoke"): _PAYER,
    ("POST", "/check-transaction"): Access(payer=True, scope=Scope.CHECK),
    ("GET", "/transactions"): _PAYER,
    ("GET", "/transactions/{transaction_id}"): _PAYER,
    ("POST", "/transactions/{transaction_id}/confirm"): _PAYER,
    ("POST", "/transactions/{transaction_id}/report"): _PAYER,
    ("GET", "/admin/models"): Access(roles=_ADMIN, scope=Scope.READ),
    ("GET", "/admin/transactions/{transaction_id}"): Access(roles=_ANALYST, scope=Scope.READ),
    ("GET", "/reviews"): Access(roles=_ANALYST, scope=Scope.REVIEW),
    ("POST", "/reviews/{transaction_id}"): Access(roles=_ANALYST, scope=Scope.REVIEW),
    ("GET", "/admin/service"): Access(roles=_ANALYST, scope=Scope.READ),
    ("GET", "/admin/rules"): Access(roles=_ANALYST, scope=Scope.READ),
    ("POST", "/admin/receivers"): Access(roles=_ANALYST, scope=Scope.READ),
    ("GET", "/health/live"): _PUBLIC,
    ("GET", "/health/ready"): _PUBLIC,
    ("GET", "/docs"): _PUBLIC,
    ("GET", "/docs/assets/{name}"): _PUBLIC,
    ("GET", "/openapi.json"): _PUBLIC,
    ("GET", "/console"): _PUBLIC,
    ("GET", "/console/assets/{name}"): _PUBLIC,
}
"""By method and path, without the prefix ``/v1``."""


def access_to(method: str, path: str) -> Access:
    """Who may use a route, by the path it was registered under; nobody if the table does not have it.

    What may be read may be asked for by HEAD.
    """
    return ACCESS.get(("GET" if method == "HEAD" else method, path.removeprefix("/v1")), _NOBODY)


def gate(recognise: Recognise) -> Guard:
    """What stands before every route of Litestar's: lets in whom the table lets in, and leaves word of who it is.

    Routes in plain ASGI recognise their callers themselves, many at once.
    """

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        scope = cast("HTTPScope", connection.scope)  # there are no routes of another kind
        if scope["method"] == "OPTIONS" or isinstance(handler, ASGIRouteHandler):
            return
        access = access_to(scope["method"], scope["path_template"])
        if not access.public:
            scope["state"][CALLER] = await recognise.let_in(bearer_token(scope), access)

    return guard


def require_classified(routes: Iterable[BaseRoute]) -> None:
    """Refuse to serve a route that the table does not have.

    Raises:
        RuntimeError: there is one; it names it.
    """
    for route in routes:
        methods = {"POST"} if isinstance(route, ASGIRoute) else set(getattr(route, "methods", ())) - {"OPTIONS"}
        for method in methods:
            if access_to(method, route.path_format) == _NOBODY:
                raise RuntimeError(f"Nobody said who may {method} {route.path_format}: add it to ACCESS.")


def caller_of(scope: Mapping[str, Any]) -> Caller:
    """Who asks, after the gate."""
    caller: Caller = scope["state"][CALLER]
    return caller
