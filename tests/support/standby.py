"""A streaming standby of an embedded PostgreSQL, on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from upi_risk.adapters.embedded import EmbeddedPostgres
from upi_risk.adapters.embedded.process import SupervisedProcess


class Standby(EmbeddedPostgres):
    """Follows a primary from a base backup on; to be read, and to be held back."""

    def __init__(self, home: Path, primary_url: str) -> None:
        """``primary_url`` is a superuser's."""
        self._primary_url = primary_url
        home.mkdir(parents=True, exist_ok=True, mode=0o711)
        (home / "password").write_text(urlsplit(primary_url).password or "", encoding="ascii")
        super().__init__(home, durable=False)

    def of(self, url: str) -> str:
        """A URL of the primary, with the standby in its place."""
        parts = urlsplit(url)
        return parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{self.port}").geturl()

    def hold_back(self) -> None:
        """Replay nothing from now on."""
        self._tell("select pg_wal_replay_pause()")
        with psycopg.connect(self.of(self._primary_url), autocommit=True) as connection:
            while connection.execute("select pg_get_wal_replay_pause_state()").fetchone() != ("paused",):
                time.sleep(0.02)

    def go_on(self) -> None:
        """Replay again."""
        self._tell("select pg_wal_replay_resume()")

    def catch_up(self, seconds: float = 30) -> None:
        """Return when everything is replayed that the primary has written by now."""
        with psycopg.connect(self._primary_url, autocommit=True) as primary:
            (written,) = primary.execute("select pg_current_wal_insert_lsn()::text").fetchone() or ("",)
        end = time.monotonic() + seconds
        with psycopg.connect(self.of(self._primary_url), autocommit=True) as standby:
            while standby.execute("select pg_last_wal_replay_lsn() >= %s::pg_lsn", (written,)).fetchone() != (True,):
                if time.monotonic() > end:
                    raise TimeoutError
                time.sleep(0.02)

    def _tell(self, statement: str) -> None:
        with psycopg.connect(self.of(self._primary_url), autocommit=True) as connection:
            connection.execute(statement)

    def _initdb(self) -> None:
        """Copy the primary, in the place of making a cluster."""
        fresh = self._home.path / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        parts = urlsplit(self._primary_url)
        program = self._binary.with_name("pg_basebackup")
        where = ["-h", str(parts.hostname), "-p", str(parts.port), "-U", str(parts.username), "-D", str(fresh)]
        command: list[str | Path] = [program, *where, "-R", "-X", "stream", "-c", "fast", "--no-sync", "-w"]
        environ = {**os.environ, "PGPASSWORD": parts.password or ""}
        process = SupervisedProcess(
            command, stop_signal=signal.SIGTERM, log=self._home.log, environ=environ, drop_root=True
        )
        try:
            assert process.wait() == 0, self._home.last_words()
        finally:
            process.stop()
        fresh.rename(self._home.data)

    def _finish(self) -> None:
        """Nothing: roles and databases come from the primary."""
