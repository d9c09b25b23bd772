"""Tracing, from outside: stand-ins for parts of the service make spans. Where it is off, none of this is there."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import wraps
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from dependency_injector import providers
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send
from opentelemetry.trace import Span

from upi_risk.adapters.opentelemetry.exporting import Exported
from upi_risk.adapters.opentelemetry.spans import Spans
from upi_risk.application.check_for_callers import Asked, CheckForCallers
from upi_risk.application.decide import Answer
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.logging import decision_facts
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.app import HttpOptions, RequestRecord, UseCases, create_app

Check = Callable[[Asked], Awaitable[Transaction]]

_TRACEPARENT: Final = b"traceparent"


class _Part(NamedTuple):
    """What of a part of the service is a span.

    Attributes:
        name: of its provider in the container.
        spans: the span's name by method.
        system: the server that does the work; empty for this process.
    """

    name: str
    spans: Mapping[str, str]
    system: str = ""


_PARTS: Final = (  # each before those that are made of it
    _Part("scorer", {"score": "predict"}),
    _Part("limiter", {"admit": "limit"}, "redis"),
    _Part("authenticate", {"many": "authenticate"}, "redis"),
    _Part("cache", {"read": "cache read", "write_users": "cache write", "write_receivers": "cache write"}, "redis"),
    _Part("measured_ledger", {"load": "database read", "commit": "commit"}, "postgresql"),
    _Part("load", {"__call__": "load"}),
    _Part("decide", {"__call__": "decide"}),
)


class Tracing:
    """Spans of the service's requests, batches and parts."""

    def __init__(self, settings: Settings, container: Container) -> None:
        """Put stand-ins in the place of the container's parts, none of which may be in use yet."""
        self._exported = Exported(settings.otel_exporter_otlp_endpoint, settings.trace_share, version("upi-risk"))
        self._spans = self._exported.spans
        self._asking: dict[str, Span] = {}
        for part in _PARTS:
            provider = getattr(container, part.name)
            provider.override(providers.Object(StandIn(provider(), self._spans, part.spans, part.system)))
        answers = _Batches(container.check_for_callers(), self._spans, self._asking)
        container.check_for_callers.override(providers.Object(answers))

    def application(self, use_cases: UseCases, options: HttpOptions) -> Litestar:
        """The application, each of whose requests is a span. Its log names the same trace."""

        def log_request(record: RequestRecord) -> None:
            self._answered(record)
            options.log_request(record)

        async def close() -> None:
            await asyncio.to_thread(self._exported.close)

        ended = (*options.on_shutdown, close)
        app = create_app(
            replace(use_cases, check=self._check(use_cases.check), submit=None),  # a span is of a request of its own
            replace(options, log_request=log_request, on_shutdown=ended),
        )
        app.asgi_handler = self._app(app.asgi_handler)
        return app

    def _check(self, check: Check) -> Check:
        """The way of one question, which its batch finds again."""

        async def ask(asked: Asked) -> Transaction:
            span = self._spans.current()
            if span is None:
                return await check(asked)
            name = asked.payment.transaction_id
            self._asking[name] = span
            try:
                with self._spans.span("check"):
                    return await check(asked)
            finally:
                del self._asking[name]

        return ask

    def _app(self, app: ASGIApp) -> ASGIApp:
        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            headers = scope["headers"]
            given = next((value for name, value in headers if name == _TRACEPARENT), b"")
            with self._spans.request(given.decode("latin-1")) as traceparent:
                others = [header for header in headers if header[0] != _TRACEPARENT]
                scope["headers"] = [*others, (_TRACEPARENT, traceparent.encode())]
                await app(scope, receive, send)

        return traced

    def _answered(self, record: RequestRecord) -> None:
        """Note what came of the request that is under way."""
        facts = {f"upi_risk.{name}": str(value) for name, value in decision_facts(record.decided).items()}
        facts["upi_risk.request_id"] = record.request_id
        self._spans.answered(record.method, record.route, record.status, facts)


class StandIn:
    """Does what a part does, some of it within spans."""

    def __init__(self, part: Any, spans: Spans, names: Mapping[str, str], system: str) -> None:  # noqa: ANN401 - any
        self._part = part
        self._called = part
        for method, name in names.items():
            done = _spanned(getattr(part, method), spans, name, system)
            setattr(self, "_called" if method == "__call__" else method, done)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the part has
        return getattr(self._part, name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the part's own
        """Call the part."""
        return self._called(*arguments, **named)


class _Batches:
    """Answers batches within spans that are linked with their requests'."""

    def __init__(self, answers: CheckForCallers, spans: Spans, asking: Mapping[str, Span]) -> None:
        self._answers = answers
        self._spans = spans
        self._asking = asking

    async def __call__(self, asked: Sequence[Asked]) -> list[Answer]:
        """Answer questions in order."""
        held = (self._asking.get(question.payment.transaction_id) for question in asked)
        with self._spans.batch([span for span in held if span is not None], len(asked)):
            return await self._answers(asked)


def _spanned(method: Callable[..., Any], spans: Spans, name: str, system: str) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(method):

        @wraps(method)
        async def waited(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the part's own
            with spans.span(name, system):
                return await method(*arguments, **named)

        return waited

    @wraps(method)
    def done(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the part's own
        with spans.span(name, system):
            return method(*arguments, **named)

    return done
