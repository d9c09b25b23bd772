"""The outermost layer: every answer has a request id and the same safe headers, and every refusal the same shape."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from types import MappingProxyType
from typing import Any, Final, TypeGuard, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPResponseStartEvent, HTTPScope, Message, Receive, Scope, Send

from upi_risk.application.deadline import abandon
from upi_risk.domain.errors import DeadlineError
from upi_risk.entrypoints.http.budget import Budget
from upi_risk.entrypoints.http.cors import PREFLIGHT, Headers, Origins, asked_method, may_send
from upi_risk.entrypoints.http.errors import (
    FORBIDDEN,
    MEDIA_TYPE,
    OVERLOADED,
    RATE_LIMITED,
    TIMEOUT,
    ClientGoneError,
    Kind,
    kind_of,
    kind_of_status,
    render,
)
from upi_risk.entrypoints.http.limits import Head, read_head
from upi_risk.entrypoints.http.reading import READING
from upi_risk.entrypoints.http.record import RequestRecord
from upi_risk.entrypoints.http.tracing import trace_of

REQUEST_ID: Final = "request_id"
"""Where the request's id is kept in the state of its scope."""

LET_IN: Final = "let_in"
"""Set in the state of a scope that has been counted against the limits."""

DECIDED: Final = "decided"
"""Where the transaction that a check was answered with is kept in the state of its scope."""

UNMATCHED: Final = "unmatched"
CLIENT_GONE: Final = 499
_REFUSED: Final = 400
WHOLE: Final = "http.response.whole"
"""A message of our own for a whole answer, to servers that have this extension: ``status``, ``headers``, ``body``.

Its headers are our own making and are sent as they are."""

_BEGINNINGS: Final = frozenset({"http.response.start", WHOLE})
SAFE_HEADERS: Final = ((b"x-content-type-options", b"nosniff"),)
NO_STORE: Final = (b"cache-control", b"no-store")
HSTS: Final = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_NO_CONTENT: Final = 204
_PAST: Final = ("/transactions", "/v1/transactions")
_PROBLEM: Final = MEDIA_TYPE.encode()


Limit = Callable[[HTTPScope], Awaitable[Sequence[tuple[bytes, bytes]] | None]]
LogRequest = Callable[[RequestRecord], None]
LogFailure = Callable[[str, Exception], None]
"""Is told the request's id and what went wrong on our side."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """How the edge does its work.

    Attributes:
        new_id: makes a request's id.
        log_request: is told of every request when it has been answered.
        log_failure: is told of every exception behind an answer of 500 or more.
        deadline_seconds: how long a request may take once it has been read; direct routes keep a deadline of their own.
        limit: None for a request that is let in, headers of the refusal for another; it is asked before any route.
        origins: of web pages that may call.
        hosts: the names, in lower case, that the service goes by; any if None.
        hsts: whether browsers are told to come by TLS alone from now on.
        crowded: whether reading one's past is refused, as payments are asked about that go before it.
    """

    new_id: Callable[[], str]
    log_request: LogRequest
    log_failure: LogFailure
    deadline_seconds: float
    limit: Limit | None = None
    origins: Origins = field(default_factory=lambda: Origins(()))
    hosts: Collection[bytes] | None = None
    hsts: bool = False
    crowded: Callable[[], bool] = lambda: False


def safe_headers(*, hsts: bool) -> Headers:
    """The headers that every answer has, beside those that it may set itself."""
    return (*SAFE_HEADERS, HSTS) if hsts else SAFE_HEADERS


def complete(headers: Sequence[tuple[bytes, bytes]], request_id: str, always: Headers) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer has."""
    own_caching = any(name == b"cache-control" for name, _ in headers)
    caching = () if own_caching else (NO_STORE,)
    return [*headers, (b"x-request-id", request_id.encode()), *caching, *always]


class Edge:
    """Wraps the whole application."""

    def __init__(
        self, app: ASGIApp, options: EdgeOptions, direct: Mapping[str, ASGIApp] = MappingProxyType({})
    ) -> None:
        """Wrap.

        Args:
            app: the application.
            options: how.
            direct: routes of the application in plain ASGI, by their path. They are called without its routing and its
                layers.
        """
        self._app = app
        self._direct = direct
        self._new_id = options.new_id
        self._log_request = options.log_request
        self._log_failure = options.log_failure
        self._deadline_seconds = options.deadline_seconds
        self._limit = options.limit
        self._origins = options.origins
        self._hosts = options.hosts
        self._safe = safe_headers(hsts=options.hsts)
        self._crowded = options.crowded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] == ScopeType.HTTP:
            await self._serve(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        started = perf_counter()
        head = read_head(scope, self._hosts)
        exchange = _Exchange(send, self._new_id(), self._safe)
        scope["state"][REQUEST_ID] = exchange.request_id
        try:
            if head.origin is None or not await self._tell_page(scope, exchange, head):
                if head.fault is None:
                    await self._let_in(scope, receive, exchange)
                else:
                    await self._keep_out(scope, exchange, head.fault)
        except ClientGoneError:
            exchange.status = CLIENT_GONE
        except asyncio.CancelledError:
            if not exchange.status:
                await exchange.refuse(TIMEOUT)  # the server would say 500, and in no shape of ours
            raise
        except Exception as error:
            self._log_failure(exchange.request_id, error)
            if exchange.status:
                raise  # half an answer is out: the server has to break the connection off
            await exchange.refuse(kind_of(error))  # the limits and the deadline are outside the routes
        finally:
            method = scope["method"]
            self._log_request(
                RequestRecord(
                    method=method if method in _METHODS else "OTHER",
                    route=scope.get("path_template") or UNMATCHED,
                    status=exchange.status or CLIENT_GONE,
                    duration_ms=(perf_counter() - started) * 1000,
                    request_id=exchange.request_id,
                    trace_id=trace_of(head.traceparent, exchange.request_id),
                    decided=scope["state"].get(DECIDED),
                )
            )

    async def _tell_page(self, scope: HTTPScope, exchange: _Exchange, head: Head) -> bool:
        """Let a page of ours read what will be answered; whether it was only asked if it may call, and that is done."""
        allowed = self._origins.headers_for(head.origin)
        exchange.always = (*allowed, *self._safe)
        method = asked_method(scope)
        if head.fault is not None or method is None:
            return False
        if await self._over(scope, exchange):
            return True
        if allowed and may_send(scope, method):
            await exchange.send({"type": "http.response.start", "status": _NO_CONTENT, "headers": PREFLIGHT})
            await exchange.send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await exchange.refuse(FORBIDDEN)
        return True

    async def _let_in(self, scope: HTTPScope, receive: Receive, exchange: _Exchange) -> None:
        """Serve what keeps to the limits. Direct routes have their own way of asking the limiter."""
        app = self._app_for(scope)
        if scope["method"] in READING and scope["path"].startswith(_PAST) and self._crowded():
            await exchange.refuse(OVERLOADED)
            return
        if self._limit is not None and app is self._app:
            scope["state"][LET_IN] = True
            if await self._over(scope, exchange):
                return
        if app is self._app:
            await self._in_time(scope, receive, exchange)
        else:
            await app(scope, receive, exchange.send)

    async def _keep_out(self, scope: HTTPScope, exchange: _Exchange, fault: Kind) -> None:
        if not await self._over(scope, exchange):
            await exchange.refuse(fault)

    async def _over(self, scope: HTTPScope, exchange: _Exchange) -> bool:
        """Count a request, whatever becomes of it; whether it was refused for being above a limit."""
        wait = None if self._limit is None else await self._limit(scope)
        if wait is not None:
            await exchange.refuse(RATE_LIMITED, wait)
        return wait is not None

    async def _in_time(self, scope: HTTPScope, receive: Receive, exchange: _Exchange) -> None:
        """Serve, and give up on what takes too long; waiting for what the caller sends is not counted.

        Raises:
            DeadlineError: it took too long; nothing that is said afterwards reaches the caller.
        """
        budget = Budget(self._deadline_seconds)

        async def reading() -> Any:  # noqa: ANN401 - what the server has
            budget.pause()
            try:
                return await receive()
            finally:
                budget.go_on()

        work = asyncio.create_task(cast("Any", self._app(scope, reading, exchange.send)))
        await asyncio.wait({work, budget.spent}, return_when=asyncio.FIRST_COMPLETED)
        budget.pause()
        if not work.done():
            exchange.silence()
            abandon(work)
            raise DeadlineError
        work.result()

    def _app_for(self, scope: HTTPScope) -> ASGIApp:
        direct = self._direct.get(scope["path"])
        if direct is None:
            extensions = scope.get("extensions")
            if extensions and WHOLE in extensions:  # Litestar's layers know the standard's messages alone
                scope["extensions"] = {name: held for name, held in extensions.items() if name != WHOLE}
            return self._app
        scope["path_template"] = scope["path"]
        return direct


def _begins(message: Message) -> TypeGuard[HTTPResponseStartEvent]:
    return message["type"] in _BEGINNINGS


class _Exchange:
    """One answer on its way out."""

    __slots__ = ("_discarding", "_send", "always", "request_id", "status")

    def __init__(self, send: Send, request_id: str, always: Headers) -> None:
        self._send = send
        self.always = always
        self._discarding = False
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        """Pass a message on; a refusal in any other shape than a problem is replaced by one."""
        if self._discarding:
            return
        if _begins(message):
            headers = list(message["headers"])
            status = message["status"]
            if status >= _REFUSED and (b"content-type", _PROBLEM) not in headers:
                self._discarding = True
                await self.refuse(kind_of_status(status))
                return
            self.status = status
            message["headers"] = self._complete(headers)
        await self._send(message)

    def silence(self) -> None:
        """Let nothing more be said by the application."""
        self._discarding = True

    async def refuse(self, kind: Kind, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
        """Answer with a problem."""
        self.status = kind.status
        body = render(kind, self.request_id)
        headers = [*kind.encoded_headers, *more, (b"content-length", b"%d" % len(body))]
        await self._send({"type": "http.response.start", "status": kind.status, "headers": self._complete(headers)})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    def _complete(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        return complete(headers, self.request_id, self.always)
