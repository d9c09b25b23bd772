"""The HTTP application, put together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass

from litestar import Litestar, Router
from litestar.handlers import ASGIRouteHandler, HTTPRouteHandler
from litestar.routes import ASGIRoute

from upi_risk.entrypoints.http.access import gate, require_classified
from upi_risk.entrypoints.http.answers import refusals
from upi_risk.entrypoints.http.body import LARGEST_BODY
from upi_risk.entrypoints.http.checks import checking
from upi_risk.entrypoints.http.console import console
from upi_risk.entrypoints.http.cors import Origins
from upi_risk.entrypoints.http.devices import DEVICE_ROUTES
from upi_risk.entrypoints.http.docs import documentation
from upi_risk.entrypoints.http.edge import Edge, EdgeOptions, LogFailure, LogRequest
from upi_risk.entrypoints.http.express import EXPRESS, Express
from upi_risk.entrypoints.http.health import living, readiness
from upi_risk.entrypoints.http.operations import OPERATIONS
from upi_risk.entrypoints.http.operators import OPERATOR_ROUTES
from upi_risk.entrypoints.http.overviews import OVERVIEW_ROUTES
from upi_risk.entrypoints.http.proven_operations import PROVEN_OPERATIONS
from upi_risk.entrypoints.http.proven_users import PROVEN_USER_ROUTES
from upi_risk.entrypoints.http.rate_limits import LimitRequests
from upi_risk.entrypoints.http.record import RequestRecord
from upi_risk.entrypoints.http.sign_ins import SIGN_IN_ROUTES
from upi_risk.entrypoints.http.transactions import confirming, listing, reporting, showing
from upi_risk.entrypoints.http.use_cases import UseCases
from upi_risk.entrypoints.http.users import logging_in, own_profile, signing_up

__all__ = ["HttpOptions", "LogFailure", "LogRequest", "RequestRecord", "UseCases", "create_app"]

Hook = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """How HTTP is served.

    Attributes:
        version: of the service, shown in the documentation.
        log_request: is told of every request when it has been answered.
        log_failure: is told of every exception behind an answer of 500 or more.
        cors_origins: origins of web pages that may call, exactly; none if empty.
        hosts: names, in lower case, that the service goes by in a Host header; any if None.
        hsts: whether browsers are told to come by TLS alone from now on.
        docs: whether ``/docs`` and ``/openapi.json`` are there.
        console: whether ``/console``, the analysts' page, is there.
        deadline_seconds: how long a request may take once it has been read; checks keep a deadline of their own.
        limit: decides whether a request is let in, see ``LimitRequests``; all are if None.
        on_startup: awaited in order before the first request.
        on_shutdown: awaited in order after the last request.
    """

    version: str
    log_request: LogRequest
    log_failure: LogFailure
    cors_origins: Sequence[str] = ()
    hosts: Collection[str] | None = None
    hsts: bool = False
    docs: bool = True
    console: bool = True
    deadline_seconds: float = 0.45
    limit: LimitRequests | None = None
    on_startup: Sequence[Hook] = ()
    on_shutdown: Sequence[Hook] = ()


def create_app(use_cases: UseCases, options: HttpOptions) -> Litestar:
    """The application, ready for an ASGI server.

    Args:
        use_cases: what the routes call.
        options: how they are served.

    Raises:
        RuntimeError: a route is not classified, see ``access``.
    """
    refuse = refusals(options.log_failure)
    operations = OPERATIONS if use_cases.proven is None else PROVEN_OPERATIONS
    app = Litestar(
        route_handlers=[
            *_routes(use_cases, options),
            Router("/v1", route_handlers=_routes(use_cases, options)),
            living(),
            readiness(use_cases.ready),
            *(documentation(options.version, operations) if options.docs else ()),
            *(console() if options.console else ()),
        ],
        debug=False,
        exception_handlers={Exception: refuse},
        guards=[gate(use_cases.recognise)],
        logging_config=None,
        on_shutdown=list(options.on_shutdown),
        on_startup=list(options.on_startup),
        openapi_config=None,
        pdb_on_exception=False,
        request_max_body_size=LARGEST_BODY,
    )
    require_classified(app.routes)
    clock, identities = use_cases.clock, use_cases.identities
    edge = EdgeOptions(
        new_id=lambda: identities.transaction_id(clock.now()),  # a request's id is made as a transaction's is
        log_request=options.log_request,
        log_failure=options.log_failure,
        deadline_seconds=options.deadline_seconds,
        limit=options.limit,
        origins=Origins(options.cors_origins),
        hosts=None if options.hosts is None else frozenset(name.encode() for name in options.hosts),
        hsts=options.hsts,
        crowded=use_cases.crowded,
    )
    direct = {route.path: route.route_handler.fn for route in app.routes if isinstance(route, ASGIRoute)}
    app.asgi_handler = Edge(app.asgi_handler, edge, direct)
    if use_cases.submit is not None:
        express = Express(use_cases.submit, use_cases, edge, options.limit, direct)
        app.state[EXPRESS] = express
        app.on_shutdown.insert(0, express.settle)  # before the totals are kept for the last time
    return app


def _routes(use_cases: UseCases, options: HttpOptions) -> list[HTTPRouteHandler | ASGIRouteHandler]:
    """The versioned routes; each call makes new ones."""
    makers = (own_profile, *SIGN_IN_ROUTES, listing, showing, confirming, reporting, *OPERATOR_ROUTES, *OVERVIEW_ROUTES)
    check = checking(use_cases, options.log_failure, options.deadline_seconds, options.limit)
    return [check, *_ways_in(use_cases), *(maker(use_cases) for maker in makers)]


def _ways_in(use_cases: UseCases) -> list[HTTPRouteHandler]:
    """Sign-up and sign-in, and the devices to sign in with, as the mode has them."""
    proven = use_cases.proven
    if proven is None:
        return [signing_up(use_cases), logging_in(use_cases)]
    return [maker(use_cases, proven) for maker in (*PROVEN_USER_ROUTES, *DEVICE_ROUTES)]
