"""A line in the log and a note for the metrics of each request, made together for those that were answered together.

To make them between one answer and the next took three times as long: the processor has lost sight of the code by then.
"""

from __future__ import annotations

import asyncio

from upi_risk.bootstrap.logging import Logs, decision_facts
from upi_risk.bootstrap.measuring import MeasuredBatches
from upi_risk.bootstrap.metering import Meter
from upi_risk.entrypoints.http.record import RequestRecord


class RequestLog:
    """Is told of requests, and tells of them in the next turn of the loop."""

    def __init__(self, logs: Logs, meter: Meter, batches: MeasuredBatches) -> None:
        self._logs = logs
        self._meter = meter
        self._batches = batches
        self._held: list[RequestRecord] = []

    def __call__(self, record: RequestRecord) -> None:
        """Take one."""
        if not self._held:
            asyncio.get_running_loop().call_soon(self.tell)
        self._held.append(record)

    def tell(self) -> None:
        """Tell of those that were taken."""
        held, self._held = self._held, []
        self._meter.requests(held)
        self._logs.requests([self._known(record) for record in held])

    def _known(self, record: RequestRecord) -> dict[str, object]:
        known: dict[str, object] = {
            "method": record.method,
            "route": record.route,
            "status": record.status,
            "duration_ms": round(record.duration_ms, 2),
            "request_id": record.request_id,
            "trace_id": record.trace_id,
        }
        if record.times > 1:
            known["times"] = record.times
        if record.decided is not None:
            known |= decision_facts(record.decided)
            batch = self._batches.of(record.decided)
            if batch is not None:
                known["batch_size"], known["batch_ms"] = batch
                self._meter.stage("outside", (record.duration_ms - batch.ms) / 1000)
        return known
