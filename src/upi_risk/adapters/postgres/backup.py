"""The whole database as one file, and back, by PostgreSQL's own programs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final, cast

from psycopg import Connection, OperationalError, connect
from sqlalchemy import URL

from upi_risk.adapters.postgres.engine import driver_url
from upi_risk.adapters.postgres.tables import METADATA
from upi_risk.domain.errors import StoreUnavailableError

_EMPTIED: Final = f"""
BEGIN;
SET client_min_messages = warning;
DROP FUNCTION IF EXISTS public.make_partition, public.transaction_of;
DROP TABLE IF EXISTS {", ".join(f"public.{name}" for name in (*METADATA.tables, "alembic_version"))};
DO $$
DECLARE detached text;
BEGIN
    FOR detached IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                       AND relname ~ '^transactions_([0-9]{{4}}_[0-9]{{2}}|first)$' LOOP
        EXECUTE format('DROP TABLE public.%I', detached);
    END LOOP;
END $$;
"""  # noqa: S608 - names of our own
"""Partitions go with their table, except those that are being archived."""

_LAST_WORDS_SECONDS: Final = 0.5

_PARTS: Final = ("-h", "host"), ("-p", "port"), ("-U", "username"), ("-d", "database")


def dump(database_url: str, pg_dump: Path, file: Path) -> None:
    """Write a file from which all of a database can be made again, as of one moment; nothing waits for it.

    Args:
        database_url: ``postgresql://user:password@host:port/database``.
        pg_dump: the program, not older than the server.
        file: is replaced as a whole, and readable by its owner alone: it holds names and phones.

    Raises:
        StoreUnavailableError: there is no whole backup; the file is as it was.
    """
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)  # a link, or what others may read, that has the name already
    fresh.touch(0o600, exist_ok=False)
    try:
        _run(database_url, pg_dump, ["--format=custom", "--no-owner", "--no-privileges", "-f", fresh])
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)


def restore(database_url: str, pg_restore: Path, psql: Path, file: Path) -> None:
    """Put what a backup holds in the place of our tables in a database, in one transaction.

    Partitions come and go, so a backup does not name all that are there now: everything of ours is dropped first, and
    nothing is committed before the whole backup was read.

    Raises:
        StoreUnavailableError: nothing was changed.
    """
    where, environ = _place(database_url)
    reading: list[str | Path] = [pg_restore, "--no-owner", "--no-privileges", "-f", "-", file]
    writing: list[str | Path] = [
        psql,
        *where,
        "--no-psqlrc",
        "--quiet",
        "--set",
        "ON_ERROR_STOP=1",
    ]
    with (
        _told(psql),
        subprocess.Popen(  # noqa: S603 - PostgreSQL's
            writing, env=environ, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as target,
    ):
        pipe = cast("IO[bytes]", target.stdin)
        try:
            with suppress(BrokenPipeError):  # psql has ended then, and says below why
                pipe.write(_EMPTIED.encode())
                pipe.flush()
                with _told(pg_restore):
                    subprocess.run(reading, check=True, stdout=pipe, stderr=subprocess.PIPE, text=True)  # noqa: S603
                pipe.write(b"COMMIT;\n")
        except StoreUnavailableError:
            if not _ended(target):
                target.kill()
                raise
        except BaseException:
            target.kill()
            raise
        _, said = target.communicate()
        if target.returncode:
            raise subprocess.CalledProcessError(target.returncode, writing, stderr=said.decode(errors="replace"))


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether a program has failed by itself: what was written to it broke off because of that, and it says why."""
    with suppress(subprocess.TimeoutExpired):
        return bool(process.wait(_LAST_WORDS_SECONDS))
    return False


def holds_users(database_url: str) -> bool:
    """Whether anybody has signed up in this database.

    Raises:
        StoreUnavailableError: it cannot be asked.
    """
    try:
        with _connected(database_url) as connection:
            known = connection.execute("SELECT to_regclass('public.users') IS NOT NULL").fetchone()
            if known is None or not known[0]:
                return False
            return connection.execute("SELECT 1 FROM users LIMIT 1").fetchone() is not None
    except OperationalError as error:
        raise StoreUnavailableError("PostgreSQL cannot be asked: start it or correct DATABASE_URL.") from error


def _one_server(database_url: str) -> URL:
    url = driver_url(database_url)
    if "host" in url.query:
        raise StoreUnavailableError("DATABASE_URL names several servers: name the one that is to be copied.")
    return url


def _connected(database_url: str) -> Connection:
    url = _one_server(database_url).set(drivername="postgresql")
    return connect(url.render_as_string(hide_password=False), connect_timeout=5)


def _run(database_url: str, program: Path, options: Sequence[str | Path]) -> None:
    where, environ = _place(database_url)
    with _told(program):
        subprocess.run([program, *where, *options], env=environ, check=True, capture_output=True, text=True)  # noqa: S603


def _place(database_url: str) -> tuple[list[str], dict[str, str]]:
    """Arguments that say where a database is, and an environment with the password: arguments show in `ps`."""
    url = _one_server(database_url)
    where = [part for flag, name in _PARTS if (value := getattr(url, name)) for part in (flag, str(value))]
    environ = {"PGPASSWORD": str(url.password or ""), "PGCONNECT_TIMEOUT": "5"}
    return where, environ | {name: str(value) for name, value in (("PGSSLMODE", url.query.get("sslmode")),) if value}


@contextmanager
def _told(program: Path) -> Iterator[None]:
    """Say what a program says, in a sentence."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailableError(f"{program} does not run here: {error.strerror}.") from error
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip().splitlines()[-1:] or [f"exit code {error.returncode}"]
        raise StoreUnavailableError(f"{program.name} did not do it: {said[0]}") from error
