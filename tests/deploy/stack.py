"""Two processes of the service behind a real nginx, sharing PostgreSQL and Redis; all on loopback."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Template

import httpx
import pytest

from tests.commands import Started, start

ROOT = Path(__file__).resolve().parents[2]


def needed(program: str, package: str) -> str:
    """Where a program is. On CI it has to be there (`.ci/run` installs it); elsewhere the test is skipped."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        (pytest.fail if os.environ.get("CI_NEEDS_TOOLS") else pytest.skip)(f"{program} is absent: install {package}")
    return str(found)


def free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in found:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in found]


PATIENT = {
    "REQUEST_DEADLINE_MS": "20000", "ADMISSION_WAIT_MS": "20000", "REDIS_TIMEOUT_MS": "2000",
    "RATE_LIMIT_PER_MINUTE": "0",
}  # fmt: skip
"""What is tested here does not depend on how fast the machine is, and all of it comes from one address."""


@dataclass
class Stack:
    """What runs.

    Attributes:
        url: of nginx.
        direct: of each process.
        metrics: of each process.
        processes: the service's.
    """

    url: str
    direct: list[str]
    metrics: list[str]
    processes: list[Started]


@contextlib.contextmanager
def started(command: list[str], environ: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, cwd=ROOT)
    with _ended(process):
        yield process


@contextlib.contextmanager
def serving(environ: dict[str, str]) -> Iterator[Started]:
    process = start("serve", environ=environ, cwd=ROOT)
    with _ended(process):
        yield process


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes] | Started) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def nginx_conf(folder: Path, listen: int, ports: list[int]) -> Path:
    template = (ROOT / "deploy/nginx/upi-risk.conf.template").read_text(encoding="utf-8")
    upstreams = " ".join(f"server 127.0.0.1:{port} max_fails=2 fail_timeout=2s;" for port in ports)
    conf = folder / "nginx.conf"
    # safe_: nginx has variables of its own
    conf.write_text(
        Template(template).safe_substitute(LOGS=str(folder), UPSTREAMS=upstreams, LISTEN=f"127.0.0.1:{listen}")
    )
    return conf


@contextlib.contextmanager
def two_replicas(folder: Path, environ: dict[str, str]) -> Iterator[Stack]:
    nginx = needed("nginx", "nginx")
    listen, *ports = free_ports(5)
    addresses, measured = ports[:2], ports[2:]
    with contextlib.ExitStack() as stack:
        processes = []
        for port, metrics in zip(addresses, measured, strict=True):
            own = {
                **os.environ, **PATIENT, **environ,
                "PORT": str(port), "METRICS_PORT": str(metrics), "HOST": "127.0.0.1",
            }  # fmt: skip
            processes.append(stack.enter_context(serving(own)))
        stack.enter_context(started([nginx, "-c", str(nginx_conf(folder, listen, addresses)), "-e", str(folder / "e")]))
        direct = [f"http://127.0.0.1:{port}" for port in addresses]
        url = f"http://127.0.0.1:{listen}"
        for each in (*direct, url):
            wait_for(f"{each}/health/ready")
        yield Stack(url, direct, [f"http://127.0.0.1:{port}/metrics" for port in measured], processes)


def wait_for(url: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=2).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(url)
