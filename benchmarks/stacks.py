"""The servers side by side, on loopback, with a PostgreSQL and a Valkey of their own; all end with this process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg

from benchmarks.harness import MissingError
from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedValkey, SupervisedProcess, wait_until
from upi_risk.adapters.embedded.process import free_port
from upi_risk.bootstrap.launch import migrate

ROOT: Final = Path(__file__).resolve().parents[1]
KEPT: Final = ROOT / "var" / "bench"
"""What is worth keeping between runs: the environment and the model of the guide's stack, and every log."""

_PYTHON: Final = (sys.executable, "-m")
_READY_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True)
class Pair:
    """PostgreSQL and Valkey, durable as they come.

    Attributes:
        database_url: PostgreSQL's.
        redis_url: Valkey's.
    """

    database_url: str
    redis_url: str

    @property
    def ports(self) -> dict[str, int]:
        """By the names that the harness has for them."""
        return {"postgres": urlsplit(self.database_url).port or 0, "redis": urlsplit(self.redis_url).port or 0}


@contextlib.contextmanager
def pair() -> Iterator[Pair]:
    """Fresh servers, gone with their data after the block; the service's schema is there."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="upi-risk-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o711)  # under root PostgreSQL is somebody else and must get in
        postgres = stack.enter_context(EmbeddedPostgres(folder / "pg"))
        valkey = stack.enter_context(EmbeddedValkey(folder / "valkey"))
        found = Pair(postgres.url, valkey.url)
        migrate((*_PYTHON, "upi_risk.bootstrap.cli", "migrate"), _environ(found))
        yield found


@contextlib.contextmanager
def service(pair: Pair, model: str = "", workers: int = 1) -> Iterator[int]:
    """The service as it ships, with the model named or else the current one; yields its port."""
    port = free_port()
    environ = _environ(pair) | {
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LOG_FORMAT": "json",
        "RATE_LIMIT_PER_MINUTE": "1000000000",  # the limiter stays in the path
        "SIGNUP_LIMIT_PER_HOUR": "0",
        "LOGIN_LIMIT_PER_HOUR": "0",
        "MODEL_VERSION": model,
        "WORKERS": str(workers),
    }
    with _started(f"service{model}-{workers}", (*_PYTHON, "upi_risk.bootstrap.cli", "serve"), port, environ):
        yield port


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """The echo endpoints; yields their port."""
    port = free_port()
    with _started("echo", (*_PYTHON, "benchmarks.echo", str(port)), port, _environ()):
        yield port


@contextlib.contextmanager
def guide(folder: Path, pair: Pair) -> Iterator[int]:
    """The guide's stack in one process, on the same PostgreSQL and Valkey but with its own database; yields its port.

    Args:
        folder: the harness's.
        pair: its servers.
    """
    stack, port = folder / "guide_stack", free_port()
    python = _guide_python(stack)
    with psycopg.connect(pair.database_url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE guide")
    database = pair.database_url.replace("postgresql://", "postgresql+asyncpg://", 1).rsplit("/", 1)[0] + "/guide"
    model = KEPT / "guide.cbm"
    environ = dict(os.environ) | {
        "PYTHONPATH": str(stack),
        "PYTHONDONTWRITEBYTECODE": "1",
        "GUIDE_DATABASE_URL": database,
        "GUIDE_REDIS_URL": pair.redis_url.rsplit("/", 1)[0] + "/1",
        "GUIDE_MODEL_PATH": str(model),
        "GUIDE_RATE_LIMIT": "1000000000/minute",  # the middleware stays in the path
    }
    if not model.exists():
        command = [str(python), "-m", "app.ml.model_trainer", str(model)]
        subprocess.run(command, env=environ, cwd=KEPT, check=True, stdout=subprocess.DEVNULL)
    options = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--no-access-log")
    with _started("guide", (str(python), "-m", "uvicorn", "app.main:app", *options), port, environ):
        yield port


def _guide_python(stack: Path) -> Path:
    """The interpreter of the guide's stack: GUIDE_PYTHON, or an environment made once from its requirements."""
    named = os.environ.get("GUIDE_PYTHON")
    if named:
        return Path(named)
    python = KEPT / "guide-venv" / "bin" / "python"
    done = KEPT / "guide-venv" / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", str(python.parents[1])], check=True)
        command = [str(python), "-m", "pip", "install", "-q", "-r", str(stack / "requirements.txt")]
        if subprocess.run(command, check=False).returncode:
            raise MissingError("The guide's stack could not be installed: see above, or name one with GUIDE_PYTHON=.")
        done.touch()
    return python


@contextlib.contextmanager
def _started(name: str, command: tuple[str, ...], port: int, environ: dict[str, str]) -> Iterator[None]:
    log = KEPT / f"{name}.log"
    log.unlink(missing_ok=True)
    with SupervisedProcess(command, stop_signal=signal.SIGTERM, log=log, environ=environ) as process:
        if not wait_until(lambda: _listens(port), process, _READY_SECONDS):
            raise MissingError(f"The {name} did not start: see {log}.")
        yield


def _listens(port: int) -> bool:
    """Whether uvicorn has opened its port, which it does when the application has started."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _environ(pair: Pair | None = None) -> dict[str, str]:
    paths = [str(ROOT), str(ROOT / "src")]
    environ = dict(os.environ) | {"PYTHONPATH": os.pathsep.join(paths), "ARTIFACTS_DIR": str(ROOT / "artifacts")}
    if pair is not None:
        environ |= {"DATABASE_URL": pair.database_url, "REDIS_URL": pair.redis_url}
    return environ
