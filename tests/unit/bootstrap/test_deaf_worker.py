"""A worker that does not end when it is told to, as its loop is busy or stands still, is ended."""

from __future__ import annotations

import subprocess
import sys
import time

from upi_risk.bootstrap.workers import Workers, listening_address

DEAF = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(flush=True)\ntime.sleep(60)"


def test_a_worker_that_hears_nothing_is_killed_when_its_time_to_drain_is_over() -> None:
    """Red without the limit of `_end`: a stop waits for it for ever; with SIGTERM again instead of a kill, too."""
    workers = Workers(1, listening_address("127.0.0.1", 0), {}, drain_seconds=0.2)
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        workers._running[deaf] = began = time.monotonic()
        workers._end()
        assert deaf.returncode == -9
        assert time.monotonic() - began < 30
