"""A second PostgreSQL that follows the first, and takes its place."""

from __future__ import annotations

import contextlib
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.faults.servers import OwnServer
from upi_risk.adapters.embedded import EmbeddedPostgres, SupervisedProcess, find_postgres

_SYNCHRONOUS = "ALTER SYSTEM SET synchronous_standby_names = '*'"
_ALONE = "ALTER SYSTEM RESET synchronous_standby_names"


class Standby(EmbeddedPostgres):
    """An embedded PostgreSQL whose data is a copy that follows another's."""

    def _ready(self, port: int) -> bool:
        with contextlib.suppress(OSError, IndexError):
            lines = (self._home.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
            return lines[7].strip() in {"standby", "ready"} and lines[3] == str(port)
        return False


@contextlib.contextmanager
def followed(primary: OwnServer, folder: Path, *, synchronous: bool = True) -> Iterator[OwnServer]:
    """A standby of a server, which acknowledges nothing that the standby has not.

    Afterwards the server runs and is alone, whatever became of it.
    """
    home = folder / "standby"
    folder.chmod(0o711)  # the server may not be root
    home.mkdir()
    _copy(primary, home)
    standby = OwnServer(Standby, home)
    try:
        if synchronous:
            _tell(primary.url, _SYNCHRONOUS)
        yield standby
    finally:
        standby.stop()
        if not primary.alive:
            primary.start()
        _tell(primary.url, _ALONE)


def promote(standby: OwnServer) -> None:
    """Make a standby a server of its own, which nobody follows."""
    with psycopg.connect(standby.url, autocommit=True) as connection:
        connection.execute("SELECT pg_promote(true, 30)")
    _tell(standby.url, _ALONE)


def either(primary: OwnServer, standby: OwnServer) -> str:
    """A URL of both, for whichever takes writes."""
    one, other = urlsplit(primary.url), urlsplit(standby.url)
    both = f"{one.netloc},{other.netloc.rpartition('@')[2]}"
    return one._replace(netloc=both, query="target_session_attrs=read-write").geturl()


def _copy(primary: OwnServer, home: Path) -> None:
    shutil.copy(primary.home / "password", home / "password")
    for name in primary.home.glob("password.*"):
        shutil.copy(name, home / name.name)
    command: list[str | Path] = [
        find_postgres().path.with_name("pg_basebackup"), "--dbname", primary.url, "--pgdata", home / "data",
        "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync",
    ]  # fmt: skip
    log = home / "log"
    with SupervisedProcess(command, stop_signal=signal.SIGTERM, log=log, drop_root=True) as process:
        assert process.wait() == 0, log.read_text()


def _tell(url: str, command: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(command)
        connection.execute("SELECT pg_reload_conf()")
