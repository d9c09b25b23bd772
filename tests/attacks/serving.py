"""The service as it is deployed, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attacks.wire import Connection
from tests.commands import Started, start
from upi_risk.adapters.embedded.process import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 120.0
_READY = b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Serving:
    """A service that runs.

    Attributes:
        address: where.
        process: its process.
        log: the file with all that it has said.
    """

    address: tuple[str, int]
    process: Started
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


@contextmanager
def served(database_url: str, redis_url: str, log: Path, **more: str) -> Iterator[Serving]:
    """Serve with the options of production; patient with a machine that is loaded, and without limits unless told.

    Args:
        database_url: of a migrated PostgreSQL.
        redis_url: of a Redis.
        log: the file that takes what it says.
        **more: further settings.
    """
    port = free_port()
    environ = os.environ | {
        "DATABASE_URL": database_url, "REDIS_URL": redis_url, "HOST": "127.0.0.1", "PORT": str(port),
        "ARTIFACTS_DIR": str(ROOT / "artifacts"), "LOG_FORMAT": "json", "LOG_LEVEL": "info", "REDIS_TIMEOUT_MS": "5000",
        "REQUEST_DEADLINE_MS": "20000", "ADMISSION_WAIT_MS": "20000", "RATE_LIMIT_PER_MINUTE": "0",
        "SIGNUP_LIMIT_PER_HOUR": "0", "LOGIN_LIMIT_PER_HOUR": "0", **more,
    }  # fmt: skip
    process = start("serve", environ=environ, out=log, err=log)
    serving = Serving(("127.0.0.1", port), process, log)
    try:
        _until_ready(serving)
        yield serving
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(serving: Serving) -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        if serving.process.poll() is not None:
            raise AssertionError(serving.said())
        try:
            connection = Connection(serving.address)
        except OSError:
            time.sleep(0.1)
            continue
        connection.send(_READY)
        answer = connection.answer()
        connection.close()
        if answer is not None and answer.status == 200:
            return
        time.sleep(0.1)
    raise AssertionError(serving.said())
