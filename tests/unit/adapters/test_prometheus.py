"""Totals of several processes are added up exactly, also when some of them have ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from upi_risk.adapters.prometheus.families import FAMILIES, LATENCY
from upi_risk.adapters.prometheus.page import page
from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.adapters.prometheus.tally import Tally

OTHER = """
import sys
from pathlib import Path
from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.adapters.prometheus.tally import Tally
tally = Tally()
tally.count("upi_risk_refusals", ("X",), 3)
tally.observe("upi_risk_batch_size", (), [1, 300])
tally.state("upi_risk_workers", (), 1)
Shelf(Path(sys.argv[1])).put(tally.totals())
"""


def test_one_edge_of_the_latencies_is_the_alert_s_half_second() -> None:
    assert 0.5 in LATENCY
    tally = Tally()
    tally.observe("upi_risk_request_seconds", ("/x",), [0.5, 0.500001])
    assert b'upi_risk_request_seconds_bucket{le="0.5",route="/x"} 1.0' in page(tally)
    assert b'upi_risk_request_seconds_count{route="/x"} 2.0' in page(tally)


def test_counts_of_a_process_that_has_ended_stay_and_its_gauges_go(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.wipe()
    for _ in range(2):
        subprocess.run([sys.executable, "-c", OTHER, str(tmp_path)], check=True)
    mine = Tally()
    mine.count("upi_risk_refusals", ("X",), 4)
    mine.state("upi_risk_workers", (), 1)
    shelf.put(mine.totals())
    for _ in range(3):
        told = page(shelf.sum()).decode()
        assert 'upi_risk_refusals_total{error="X"} 10.0' in told
        assert "upi_risk_batch_size_count 4.0" in told
        assert 'upi_risk_batch_size_bucket{le="256.0"} 2.0' in told
        assert "upi_risk_workers 1.0" in told
    assert len(list(tmp_path.iterdir())) == 2


def test_a_service_that_starts_counts_nothing_of_the_one_before(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", OTHER, str(tmp_path)], check=True)
    shelf = Shelf(tmp_path)
    shelf.wipe()
    assert page(shelf.sum()) == b""


def test_a_fact_of_the_whole_service_is_not_added_up_over_processes() -> None:
    assert FAMILIES["upi_risk_model_info"].most
    tally = Tally()
    for _ in range(2):
        other = Tally()
        other.state("upi_risk_model_info", ("v2.0",), 1)
        other.state("upi_risk_queue_length", (), 2)
        tally.add(other.totals())
    told = page(tally).decode()
    assert 'upi_risk_model_info{version="v2.0"} 1.0' in told
    assert "upi_risk_queue_length 4.0" in told


def test_what_nobody_has_measured_is_absent() -> None:
    assert page(Tally()) == b""
