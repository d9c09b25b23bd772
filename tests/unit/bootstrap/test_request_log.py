"""A line and a note of each request, whatever the form of the log."""

from __future__ import annotations

import asyncio
import io
import json
import logging

import pytest
import structlog

from tests.builders import a_payment, a_transaction
from upi_risk.adapters.prometheus.page import page
from upi_risk.bootstrap import logging as logs
from upi_risk.bootstrap.measuring import Batch, MeasuredBatches
from upi_risk.bootstrap.metering import Meter
from upi_risk.bootstrap.request_log import RequestLog
from upi_risk.entrypoints.http.record import RequestRecord

CHECK = a_transaction(a_payment("UID-00000000000000000001"))
FACTS = ["decision", "risk_level", "model_version", "policy_version", "rules_version", "batch_size", "batch_ms"]
REQUEST = ["method", "route", "status", "duration_ms", "request_id", "trace_id"]


@pytest.fixture(autouse=True)
def _set_up_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)


def a_log(level: str = "info", log_format: logs.LogFormat = "json") -> tuple[RequestLog, logs.Logs, Meter]:
    configured, meter = logs.configure(level, log_format), Meter()
    structlog.reset_defaults()
    batches = MeasuredBatches(None, meter)  # type: ignore[arg-type]  # nothing is asked of it
    batches._kept[CHECK.payment.transaction_id] = Batch(7, 3.25)
    return RequestLog(configured, meter, batches), configured, meter


async def test_a_line_is_what_structlog_writes_in_the_same_order(capsys: pytest.CaptureFixture[str]) -> None:
    log, configured, meter = a_log()
    log(RequestRecord("GET", "/me", 200, 1.23456, "r-1", "t-1"))
    log(RequestRecord("POST", "/check-transaction", 200, 5.0, CHECK.payment.transaction_id, "t-2", CHECK))
    assert configured.writer.dropped == 0
    assert not configured.writer._lines
    await asyncio.sleep(0)  # both are told in the next turn
    configured.writer.flush(10)
    lines = capsys.readouterr().err.splitlines(keepends=True)
    first, second = map(json.loads, lines)
    assert list(first) == [*REQUEST, "event", "level", "timestamp"]
    assert list(second) == [*REQUEST, *FACTS, "event", "level", "timestamp"]
    assert first["duration_ms"] == 1.23
    assert (second["batch_size"], second["batch_ms"], second["decision"]) == (7, 3.25, "ALLOW")
    assert first["timestamp"] == second["timestamp"]
    again = io.StringIO()
    by_structlog = structlog.wrap_logger(
        structlog.PrintLogger(again),
        processors=[
            structlog.processors.add_log_level,
            lambda _logger, _name, known: {**known, "timestamp": first["timestamp"]},
            structlog.processors.JSONRenderer(lambda known, **_: json.dumps(known, separators=(",", ":"))),
        ],
    )
    by_structlog.info("request", **{name: first[name] for name in REQUEST})
    assert again.getvalue() == lines[0]
    meter.add_up()
    assert "upi_risk_requests_total" in page(meter.tally).decode()
    assert 'upi_risk_stage_seconds_count{stage="outside"} 1.0' in page(meter.tally).decode()


async def test_a_terminal_gets_structlog_s_own_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log, configured, _ = a_log(log_format="console")
    log(RequestRecord("GET", "/me", 200, 1.5, "r-1", "t-1"))
    log.tell()
    configured.writer.flush(10)
    line = capsys.readouterr().err
    assert "request" in line
    assert "status" in line


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_above_info_requests_are_counted_and_not_written(
    capsys: pytest.CaptureFixture[str], log_format: logs.LogFormat
) -> None:
    log, configured, meter = a_log("warning", log_format)
    log(RequestRecord("GET", "/me", 200, 1.5, "r-1", "t-1"))
    log.tell()
    configured.writer.flush(10)
    assert capsys.readouterr().err == ""
    meter.add_up()
    assert "upi_risk_requests_total" in page(meter.tally).decode()
