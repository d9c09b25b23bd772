"""Processes that end with the one that started them, and servers that are waited for."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

_SHIM = Path(__file__).with_name("shim.py")
_POLL_SECONDS = 0.02


class SupervisedProcess:
    """A command that cannot outlive this process: a shim watches over it (see `shim.py`).

    Args:
        command: the program and its arguments.
        stop_signal: what asks it to end in good order.
        log: where its output is appended; None leaves it on this process's own output.
        environ: its environment; None for this process's own.
        drop_root: under uid 0, run it so that it does not see itself as root.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        stop_signal: signal.Signals,
        log: Path | None = None,
        environ: Mapping[str, str] | None = None,
        drop_root: bool = False,
    ) -> None:
        policy = "drop" if drop_root else "keep"
        shim = [sys.executable, "-I", "-S", str(_SHIM), policy, str(int(stop_signal)), *map(str, command)]
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log is not None else None
            self._shim = subprocess.Popen(  # noqa: S603
                shim,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT if output is not None else None,
                env=environ,
                start_new_session=True,  # a Ctrl-C at the terminal reaches the supervisor alone, which keeps the order
            )

    @property
    def pid(self) -> int:
        """The shim's process id; the command is its child."""
        return self._shim.pid

    def exit_code(self) -> int | None:
        """The command's exit code, or None while it runs."""
        return self._shim.poll()

    def wait(self) -> int:
        """Wait for the command to end of itself and return its exit code."""
        return self._shim.wait()

    def stop(self, timeout_seconds: float = 60.0) -> int:
        """Ask the command to end, wait, and kill it after the timeout; may be called twice."""
        if self._shim.stdin is not None:
            self._shim.stdin.close()
        try:
            return self._shim.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._shim.pid, signal.SIGKILL)
            return self._shim.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def wait_until(ready: Callable[[], bool], process: SupervisedProcess, timeout_seconds: float) -> bool:
    """Wait for a process to be ready; False when it ended first or the time is up."""
    deadline = time.monotonic() + timeout_seconds
    while not ready():
        if process.exit_code() is not None or time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def free_port() -> int:
    """A loopback TCP port that nothing listens on at this instant."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
