"""The embedded servers as `make run` uses them: durable, one at a time on a folder, never left behind."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedServerError, EmbeddedValkey

type_of = {"postgres": EmbeddedPostgres, "valkey": EmbeddedValkey}
SUPERVISOR = Path(__file__).with_name("supervisor.py")
both = pytest.mark.parametrize("kind", ["postgres", "valkey"])


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder with a space in its name, as a project's may have."""
    with tempfile.TemporaryDirectory(prefix="embedded ") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder, "server")


def remember(url: str) -> int:
    """Add one to a number that the server keeps, and return it."""
    if url.startswith("redis"):
        with redis.Redis.from_url(url) as client:
            return int(client.incr("visits"))
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS visits (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO visits DEFAULT VALUES")
        row = connection.execute("SELECT count(*) FROM visits").fetchone()
        assert row is not None
        return int(row[0])


def running_on(home: Path) -> list[psutil.Process]:
    data = str(home.resolve() / "data")
    return [process for process in psutil.process_iter(["cwd"]) if process.info["cwd"] == data]


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@both
def test_what_was_written_is_there_after_a_restart(kind: str, home: Path) -> None:
    with type_of[kind](home) as server:
        assert remember(server.url) == 1
    with type_of[kind](home) as server:
        assert remember(server.url) == 2


@both
def test_stopping_leaves_no_process_and_may_be_repeated(kind: str, home: Path) -> None:
    server = type_of[kind](home)
    assert running_on(home)
    server.stop()
    server.stop()
    assert not running_on(home)


@both
def test_a_second_process_on_the_same_folder_is_told_so_in_one_sentence(kind: str, home: Path) -> None:
    with type_of[kind](home) as server:
        with pytest.raises(EmbeddedServerError, match=r"is in use by another process: stop that one first .*\.$"):
            type_of[kind](home)
        assert remember(server.url) == 1  # the first one is not disturbed


@both
def test_a_killed_supervisor_leaves_no_server_behind_and_no_acknowledged_write_is_lost(kind: str, home: Path) -> None:
    with subprocess.Popen([sys.executable, SUPERVISOR, kind, home], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert remember(supervisor.stdout.readline().strip()) == 1
        supervisor.kill()
    assert eventually(lambda: not running_on(home))
    with type_of[kind](home) as server:
        assert remember(server.url) == 2


@both
def test_a_start_right_after_the_supervisor_was_killed_waits_for_the_old_server(kind: str, home: Path) -> None:
    with subprocess.Popen([sys.executable, SUPERVISOR, kind, home], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert remember(supervisor.stdout.readline().strip()) == 1
        supervisor.kill()
    with type_of[kind](home) as server:
        assert remember(server.url) == 2


@both
def test_a_server_whose_shim_was_killed_is_stopped_too(kind: str, home: Path) -> None:
    server = type_of[kind](home)
    assert server._process is not None
    os.kill(server._process.pid, signal.SIGKILL)
    assert eventually(lambda: not running_on(home))
    server.stop()


@both
def test_an_orphan_that_nothing_stopped_is_stopped_by_the_next_start(kind: str, home: Path) -> None:
    server = type_of[kind](home)
    assert remember(server.url) == 1
    server._home.close()  # as if the supervisor were gone on a system that tells children nothing
    with type_of[kind](home) as successor:
        assert remember(successor.url) == 2
    server.stop()


def test_a_pid_file_that_names_a_strangers_process_does_not_keep_postgres_from_starting(home: Path) -> None:
    with EmbeddedPostgres(home) as server:
        assert remember(server.url) == 1
        running = (home / "data" / "postmaster.pid").read_text(encoding="utf-8")
    stale = running.replace(running.split("\n")[0], str(os.getpid()), 1)
    (home / "data" / "postmaster.pid").write_text(stale, encoding="utf-8")
    with EmbeddedPostgres(home) as server:
        assert remember(server.url) == 2


def test_a_first_start_that_was_cut_short_is_done_over(home: Path) -> None:
    half = home / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18", encoding="ascii")
    with EmbeddedPostgres(home) as server:
        assert remember(server.url) == 1


def test_postgres_sorts_by_code_point_and_counts_time_in_utc(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False) as server, psycopg.connect(server.url) as connection:
        row = connection.execute(
            "SELECT current_setting('TimeZone'), 'Z' < 'a', datlocprovider, datlocale, pg_encoding_to_char(encoding)"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row == ("UTC", True, "b", "C.UTF-8", "UTF8")


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_only_tests_run_postgres_without_fsync(durable: bool, fsync: str, home: Path) -> None:
    with EmbeddedPostgres(home, durable=durable) as server, psycopg.connect(server.url) as connection:
        found = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
    assert found == [(fsync,), (fsync,)]


def test_personal_data_of_a_failing_statement_stays_out_of_the_log(home: Path) -> None:
    with EmbeddedPostgres(home, durable=False) as server, psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("CREATE TABLE phones (phone text PRIMARY KEY)")
        connection.execute("INSERT INTO phones VALUES ('9876543210')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO phones VALUES ('9876543210')")
    log = (home / "log").read_text(encoding="utf-8")
    assert "duplicate key" in log
    assert "9876543210" not in log


@both
def test_the_folder_and_its_password_are_the_owners_alone(kind: str, home: Path) -> None:
    with type_of[kind](home):
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE((home / "password").stat().st_mode) == 0o600


@both
def test_a_port_that_is_taken_ends_in_one_sentence_with_the_servers_own_words(kind: str, home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(EmbeddedServerError, match=r"did not start: .+ \(all of it: .+/log\)\.$"):
            type_of[kind](home, port=port)
    with type_of[kind](home, port=port) as server:  # and the folder is free again
        assert server.port == port
