"""Spans: what is begun within one is its child. They hold figures and names of ours, nothing of payers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_ERROR: Final = 500
_HEADER: Final = "traceparent"


class Spans:
    """Makes them. Context variables say within which, so an asyncio task goes on in the span it was made in."""

    def __init__(self, requests: Tracer, always: Tracer) -> None:
        """Make one.

        Args:
            requests: records a share of what it is asked to.
            always: records all, for batches that hold a request which is recorded.
        """
        self._requests = requests
        self._always = always
        self._wire = TraceContextTextMapPropagator()

    @contextmanager
    def request(self, traceparent: str) -> Iterator[str]:
        """A request, as a part of its caller's trace or the beginning of a new one.

        Args:
            traceparent: the header as it was sent; empty if it was not.

        Yields:
            The ``traceparent`` of what is done within it.
        """
        parent = self._wire.extract({_HEADER: traceparent}, contexts.Context())
        span = self._requests.start_span("request", context=parent, kind=SpanKind.SERVER)
        with _within(span):
            carrier: dict[str, str] = {}
            self._wire.inject(carrier)
            yield carrier[_HEADER]

    def answered(self, method: str, route: str, status: int, facts: Mapping[str, str]) -> None:
        """Say what came of the request that this is a part of.

        Args:
            method: of HTTP.
            route: its template.
            status: of the answer.
            facts: more attributes.
        """
        span = trace.get_current_span()
        if not span.is_recording():
            return
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.request.method": method, "http.route": route, **facts})
        span.set_attribute("http.response.status_code", status)
        if status >= _ERROR:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))

    @staticmethod
    def current() -> Span | None:
        """The span that this is a part of; None if it is not recorded."""
        span = trace.get_current_span()
        return span if span.is_recording() else None

    @contextmanager
    def span(self, name: str, system: str = "") -> Iterator[None]:
        """A part of what is under way; nothing where that is not recorded.

        Args:
            name: of the part.
            system: the server that does it, ``postgresql`` or ``redis``; empty for this process.
        """
        if not trace.get_current_span().is_recording():
            yield
            return
        kind = SpanKind.CLIENT if system else SpanKind.INTERNAL
        attributes = {"db.system.name": system} if system else None
        with _within(self._always.start_span(name, kind=kind, attributes=attributes)):
            yield

    @contextmanager
    def batch(self, requests: Sequence[Span], size: int) -> Iterator[None]:
        """A batch: a trace of its own, linked with each request that it answers, both ways.

        Args:
            requests: the spans of those that are recorded; if there are none, nor is the batch.
            size: payments in it.
        """
        if not requests:
            with trace.use_span(trace.INVALID_SPAN):  # the task may have been made within somebody's request
                yield
            return
        links = [Link(span.get_span_context()) for span in requests]
        attributes = {"upi_risk.batch.size": size, "upi_risk.batch.recorded": len(requests)}
        batch = self._always.start_span("batch", context=contexts.Context(), links=links, attributes=attributes)
        for span in requests:
            span.add_link(batch.get_span_context())
        with _within(batch):
            yield


@contextmanager
def _within(span: Span) -> Iterator[None]:
    """Go on in a span and end it. Of an exception its kind is kept alone: a message may quote anything."""
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    except Exception as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        span.end()
