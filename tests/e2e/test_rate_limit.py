"""The limit over four processes that share a port and a Redis."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENTS, CONNECTIONS, REQUESTS = 8, 10, 125


@pytest.fixture
def port(database_url: str, redis_url: str) -> Iterator[int]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environ = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "WORKERS": "4",
        "RATE_LIMIT_PER_MINUTE": "100",
        "REDIS_TIMEOUT_MS": "5000",
        "ARTIFACTS_DIR": str(ROOT / "artifacts"),
        "LOG_LEVEL": "error",
    }
    process = subprocess.Popen([sys.executable, "-m", "upi_risk.bootstrap.cli", "serve"], env=environ)
    try:
        deadline = time.monotonic() + 90
        while not _answers(port):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        time.sleep(1)  # for all four to take connections
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return connection.recv(15).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def _ask_often(port: int, client: int) -> Counter[int]:
    statuses: Counter[int] = Counter()
    for connection in range(CONNECTIONS):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as open_one, open_one.makefile("rb") as answers:
            for number in range(REQUESTS):
                spoof = f"{client}.{connection}.{number}.7"
                names = ("X-Forwarded-For", "X-Real-IP", "True-Client-IP", "X-Client-IP", "X-Cluster-Client-IP")
                lines = [f"{name}: {spoof}" for name in names] + [f"Forwarded: for={spoof}"]
                head = "\r\n".join(["GET /nowhere HTTP/1.1", "Host: localhost", *lines, "", ""])
                open_one.sendall(head.encode())
                status = int(answers.readline().split()[1])
                length, wait = 0, None
                while (line := answers.readline().strip().lower()) != b"":
                    name, _, value = line.partition(b": ")
                    length = int(value) if name == b"content-length" else length
                    wait = int(value) if name == b"retry-after" else wait
                answers.read(length)
                statuses[status] += 1
                if status == 429:
                    assert wait is not None
                    assert 1 <= wait <= 60
    return statuses


def test_of_ten_thousand_requests_with_forged_addresses_exactly_a_hundred_are_let_in(port: int) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        counted = sum(pool.map(lambda client: _ask_often(port, client), range(CLIENTS)), Counter[int]())
    assert time.monotonic() - began < 60, "too slow to tell: the window has moved"
    assert counted == {404: 100, 429: CLIENTS * CONNECTIONS * REQUESTS - 100}
