"""A thousand damaged requests: no 5xx, nothing large, and the worker lives."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.fuzz import fuzz
from tests.attacks.runner import Run, call
from tests.attacks.serving import served

COUNT = 1_000


def test_damaged_requests_are_answered_or_cut_off(database_url: str, redis_url: str, tmp_path: Path) -> None:
    """Red when ``eof_received`` leaves half a request waiting, or ``JsonBody`` lets a decoder's error out."""
    with served(database_url, redis_url, tmp_path / "log") as serving:
        run = Run(serving.address)
        run.prepare()
        told = fuzz(run, COUNT, 1)
        assert serving.process.poll() is None
        assert call(serving.address, "GET", "/health/ready").status == 200
    assert "\n".join(told.faults) == ""
    assert told.requests == COUNT
    assert sum(told.statuses.values()) >= COUNT
    assert "Traceback" not in serving.said()
