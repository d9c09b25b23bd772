"""One service of two workers counts as one."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import httpx

from tests.deploy.stack import ROOT, free_ports, serving, wait_for

CONNECTIONS, CHECKS = 12, 15


def answered(page: str, route: str) -> float:
    return sum(map(float, re.findall(rf'^upi_risk_requests_total{{.*route="{route}".*}} (\S+)$', page, re.MULTILINE)))


def test_two_workers_and_one_that_was_killed_are_counted_exactly(database_url: str, redis_url: str) -> None:
    port, metrics = free_ports(2)
    environ = {
        **os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "ARTIFACTS_DIR": str(ROOT / "artifacts"),
        "PORT": str(port), "METRICS_PORT": str(metrics), "WORKERS": "2", "HOST": "127.0.0.1",
        "REQUEST_DEADLINE_MS": "10000", "ADMISSION_WAIT_MS": "10000",
    }  # fmt: skip
    base, page = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{metrics}/metrics"

    def settled(route: str, number: int) -> bool:
        end = time.monotonic() + 5
        while (seen := answered(httpx.get(page, timeout=5).text, route)) != number and time.monotonic() < end:
            time.sleep(0.1)
        return seen == number

    with serving(environ) as supervisor:
        wait_for(f"{base}/health/ready")
        end = time.monotonic() + 30
        while "upi_risk_workers 2.0" not in httpx.get(page, timeout=5).text and time.monotonic() < end:
            time.sleep(0.1)  # one of them answers before the other is there
        for _ in range(CONNECTIONS):  # each on a connection of its own, so that both workers get some
            with httpx.Client(base_url=base, timeout=20) as client:
                for _ in range(CHECKS):
                    assert client.get("/me").status_code == 401
        assert settled("/me", CONNECTIONS * CHECKS)
        assert "upi_risk_workers 2.0" in httpx.get(page, timeout=5).text
        children = Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)
        assert settled("/me", CONNECTIONS * CHECKS)
