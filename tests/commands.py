"""``upi-risk`` in processes of its own that do not spend two seconds on imports.

One process imports libraries and is copied for each command that a test starts. What a test sees is the same: a process
id, an exit code, what it said, signals. That `upi-risk` starts from nothing is for the tests of `run`, of several
workers, and of refusals to start: they use :mod:`subprocess`.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from upi_risk.bootstrap.cli import main

_LIBRARIES = (
    "alembic.context", "coverage", "cryptography.fernet", "httpx", "litestar.testing", "matplotlib.figure", "optuna",
    "pandas", "psycopg", "redis.asyncio", "rich.console", "scipy.stats", "sklearn.metrics", "sqlalchemy.ext.asyncio",
    "structlog", "uvicorn",
)  # fmt: skip
"""What takes longest. Not polars, and so not catboost: polars has threads from its import on, which are not copied."""

_COVERAGE = "COVERAGE_PROCESS_CONFIG"
_CONTEXT = multiprocessing.get_context("forkserver")
_ONE_AT_A_TIME = threading.Lock()


class Started:
    """A process that runs a command; as far as tests need it, a :class:`subprocess.Popen`."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        assert process.pid is not None
        self.pid = process.pid

    def poll(self) -> int | None:
        """The exit code, minus the number of the signal that ended it, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, when it has ended.

        Raises:
            subprocess.TimeoutExpired: it has not, after so many seconds.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(str(self._process), timeout or 0)
        return self._process.exitcode

    def terminate(self) -> None:
        """SIGTERM."""
        self._process.terminate()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()


def start(
    *arguments: str,
    environ: Mapping[str, str],
    cwd: Path | None = None,
    out: Path | None = None,
    err: Path | None = None,
) -> Started:
    """Start a command.

    Args:
        *arguments: what follows ``upi-risk``.
        environ: the whole of its environment.
        cwd: where it works; None for here.
        out: a file that takes what it says, None for nobody.
        err: a file that takes what it complains of, None for nobody.
    """
    chosen = (arguments, dict(environ), cwd or Path.cwd(), out or Path(os.devnull), err or Path(os.devnull))
    with _ONE_AT_A_TIME:
        _import_once()
        process = _CONTEXT.Process(target=_command, args=chosen)
        process.start()
    return Started(process)


def finish(*arguments: str, environ: Mapping[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, and return what it said."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        code = start(*arguments, environ=environ, cwd=cwd, out=out, err=err).wait()
        said = [file.read_text(encoding="utf-8") for file in (out, err)]
    return subprocess.CompletedProcess(arguments, code, *said)


def _import_once() -> None:
    """Start the process that is copied, if it does not run; nothing is measured in it, as its copies measure."""
    forkserver.set_forkserver_preload([__name__, *_LIBRARIES])
    measured = os.environ.pop(_COVERAGE, None)
    try:
        forkserver.ensure_running()
    finally:
        if measured is not None:
            os.environ[_COVERAGE] = measured


def _command(arguments: tuple[str, ...], environ: dict[str, str], cwd: Path, out: Path, err: Path) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    for file, descriptor in ((out, 1), (err, 2)):
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = ["upi-risk", *arguments]
    measuring = None
    if _COVERAGE in environ:
        from coverage import process_startup  # noqa: PLC0415 - only where coverage is measured

        measuring = process_startup()
    try:
        main()
    finally:
        if measuring is not None:
            measuring.stop()
            measuring.save()
