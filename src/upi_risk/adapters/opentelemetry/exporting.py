"""Where spans go: from a bounded queue, in a thread of its own, by OTLP over HTTP."""

from __future__ import annotations

import threading
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from upi_risk.adapters.opentelemetry.spans import Spans

TRACES_PATH: Final = "v1/traces"
QUEUED: Final = 8_192
"""Spans that wait to be sent at most; of those beyond, the oldest are dropped."""

MOST_LINKS: Final = 256
"""As many as a batch has payments."""

_AT_A_TIME: Final = 512
_EVERY_MS: Final = 1_000
_TRY_SECONDS: Final = 5.0
_LAST_SECONDS: Final = 3.0


class Exported:
    """Spans that are sent to a collector.

    Attributes:
        spans: makes them.
    """

    def __init__(self, endpoint: str, share: float, version: str) -> None:
        """Begin; nothing is connected to before there is a span.

        Args:
            endpoint: of the collector, without the path of traces.
            share: of the requests that are recorded, 0 to 1; whether one is, its trace's id says.
            version: of the service.
        """
        ratio = TraceIdRatioBased(share)
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/{TRACES_PATH}", timeout=_TRY_SECONDS)
        self._provider = TracerProvider(
            # A caller may say that a trace is of no interest; that one has to be kept is not for callers to say.
            sampler=ParentBased(ratio, remote_parent_sampled=ratio),
            resource=Resource.create({"service.name": "upi-risk", "service.version": version}),
            shutdown_on_exit=False,
            span_limits=SpanLimits(max_links=MOST_LINKS),
        )
        queue = BatchSpanProcessor(
            exporter, max_queue_size=QUEUED, schedule_delay_millis=_EVERY_MS, max_export_batch_size=_AT_A_TIME
        )
        self._provider.add_span_processor(queue)
        always = TracerProvider(
            resource=self._provider.resource, shutdown_on_exit=False, span_limits=SpanLimits(max_links=MOST_LINKS)
        )
        always.add_span_processor(queue)
        self.spans = Spans(self._provider.get_tracer("upi_risk", version), always.get_tracer("upi_risk", version))

    def close(self) -> None:
        """Send what is left, and give up on a collector that does not answer."""
        last = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(_LAST_SECONDS)
