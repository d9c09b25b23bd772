"""Notes of what happened become totals, cheaply."""

from __future__ import annotations

import asyncio
from pathlib import Path
from time import perf_counter

import pytest
from msgspec import structs

from upi_risk.adapters.postgres.survey import Judged
from upi_risk.adapters.prometheus.page import page
from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.adapters.prometheus.tally import Tally
from upi_risk.bootstrap import metering
from upi_risk.bootstrap.metering import Meter
from upi_risk.bootstrap.surveying import _judge
from upi_risk.domain.errors import UnknownUserError
from upi_risk.entrypoints.http.record import RequestRecord


def a_record(route: str = "/check-transaction", status: int = 200, ms: float = 3) -> RequestRecord:
    return RequestRecord(method="POST", route=route, status=status, duration_ms=ms, request_id="x")


def test_requests_stages_and_refusals_are_counted_once() -> None:
    meter = Meter()
    for ms in (3, 499, 501):
        meter.requests([a_record(ms=ms)])
    meter.requests([a_record(status=503), structs.replace(a_record(status=503, ms=0), times=40)])
    meter.batch([UnknownUserError(), UnknownUserError()])
    meter.stage("load", 0.002)
    meter.add_up()
    meter.add_up()
    told = page(meter.tally).decode()
    assert 'upi_risk_requests_total{method="POST",route="/check-transaction",status="200"} 3.0' in told
    assert 'upi_risk_requests_total{method="POST",route="/check-transaction",status="503"} 41.0' in told
    assert 'upi_risk_request_seconds_bucket{le="0.5",route="/check-transaction"} 43.0' in told
    assert 'upi_risk_refusals_total{error="UnknownUserError"} 2.0' in told
    assert 'upi_risk_stage_seconds_count{stage="load"} 1.0' in told
    assert "upi_risk_batch_size_sum 2.0" in told


async def test_totals_are_kept_again_when_there_is_room_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when the error of a full disk ends the task: nothing is counted any more, and the service ends badly."""
    monkeypatch.setattr(metering, "FLUSH_SECONDS", 0.01)
    meter, shelf = Meter(), Shelf(tmp_path / "away")
    keeping = metering.Keeping(meter, shelf, lambda _: None)
    await keeping.start()
    meter.requests([a_record()])
    await asyncio.sleep(0.05)
    shelf.wipe()  # makes the folder
    meter.requests([a_record()])
    await asyncio.sleep(0.05)
    told = page(shelf.sum()).decode()
    (tmp_path / "away").rename(tmp_path / "elsewhere")
    meter.requests([a_record()])
    await keeping.stop()
    assert 'upi_risk_requests_total{method="POST",route="/check-transaction",status="200"} 2.0' in told


def test_notes_do_not_pile_up_where_nobody_adds_them_up() -> None:
    meter = Meter()
    for _ in range(10_000):
        meter.requests([a_record()])
    assert len(meter._requests) < 4_096


def test_a_request_costs_a_few_microseconds_at_most() -> None:
    meter, record = Meter(), a_record()
    best = 1.0
    for _ in range(5):
        began = perf_counter()
        for _ in range(4_000):
            meter.requests([record])
        meter.add_up()
        best = min(best, (perf_counter() - began) / 4_000)
    assert best < 20e-6  # 1 µs on a free machine; the bound is for a loaded one


def test_live_quality_is_told_only_where_there_is_something_to_judge() -> None:
    tally = Tally()
    _judge(tally, [Judged("LOW", False, False, 90), Judged("LOW", False, True, 2), Judged("HIGH", True, True, 6)])
    told = page(tally).decode()
    assert "upi_risk_live_recall 0.75" in told
    assert "upi_risk_live_precision 1.0" in told
    assert f"upi_risk_live_accuracy {96 / 98!r}" in told
    assert 'upi_risk_matured_payments{fraud="true",level="LOW"} 2.0' in told
    _judge(tally, [])
    assert page(tally) == b""


def test_nothing_is_kept_where_nobody_adds_it_up() -> None:
    meter, idle = Meter(noting=False), Meter()
    meter.requests([a_record()])
    meter.batch([UnknownUserError()])
    meter.stage("load", 0.001)
    for each in (meter, idle):
        each.add_up()
    assert page(meter.tally) == page(idle.tally)
