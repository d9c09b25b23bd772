"""Work for engines; in a module, so that workers find it. And a Ray cluster of two processes."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.examples import Examples
from upi_risk.domain.features import NAMES

PATIENCE_SECONDS = 120


def add(table: int, piece: int) -> int:
    return table + piece


def place_of(table: object, piece: int) -> int:
    """The process that works; each piece takes a while, so that nobody does them all."""
    time.sleep(0.3)
    return os.getpid()


def row_of(table: Examples, piece: int) -> tuple[list[float], int, int, str, bool]:
    vector = [float(table.vectors[piece, column]) for column in range(len(NAMES))]
    return vector, table.labels[piece], table.days[piece], table.patterns[piece], table.vectors.readonly


def refuse(table: int, piece: int) -> int:
    if piece == 3:
        raise UnusableDataError(f"piece {piece} of table {table} will not do")
    return piece


def leave(table: int, piece: int) -> int:
    os._exit(7)


@contextlib.contextmanager
def ray_cluster(workers: int = 2) -> Iterator[str]:
    """A cluster of so many worker processes; gives its address. It reports to nobody and shows no dashboard."""
    folder = Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp"))  # sockets need a short path
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        command = [
            sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block", "--num-cpus", f"{workers}",
            "--node-ip-address", "127.0.0.1", "--port", "0", "--include-dashboard", "false", "--temp-dir", f"{folder}",
            "--object-store-memory", f"{100 << 20}", "--disable-usage-stats",
            "--ray-client-server-port", f"{_free_port()}",
        ]  # fmt: skip
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": "src:."})
        try:
            yield _address(process, folder)
        finally:
            _end(process)
            shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _address(process: subprocess.Popen[bytes], folder: Path) -> str:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end and process.poll() is None:
        text = (folder / "log").read_text(encoding="utf-8")
        if "Ray runtime started" in text:
            for line in text.splitlines():
                if "--address='" in line:
                    return line.partition("--address='")[2].partition("'")[0]
        time.sleep(0.1)
    raise AssertionError((folder / "log").read_text(encoding="utf-8"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the cluster: its parent first, which ends the rest; then, by their ids, whatever stayed."""
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    process.send_signal(signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=20)
    _, left = psutil.wait_procs(family, timeout=5)
    for one in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    process.kill()
    process.wait()
