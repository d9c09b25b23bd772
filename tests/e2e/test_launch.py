"""`upi-risk run` from the outside: what it starts, in which order it stops, and what it says when it cannot."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.servers import Servers
from upi_risk.adapters.embedded.process import free_port

RUNNER = Path(__file__).with_name("launch_runner.py")
APPLICATION = RUNNER.with_name("launch_application.py")


@pytest.fixture
def var() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="launch ") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder, "var")


class Launched:
    """One `upi-risk run` on a folder, and the events of the application in it."""

    def __init__(self, var: Path, *arguments: str, port: int | None = None, **environ: str) -> None:
        self.port = port or free_port()
        self.events_file = var.parent / "events"
        ours = {"PORT": str(self.port), "EVENTS": str(self.events_file)}
        self.process = subprocess.Popen(
            [sys.executable, RUNNER, var, *arguments],
            env={**os.environ, **ours, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def until_ready(self) -> str:
        """What it says until it waits."""
        assert self.process.stdout is not None
        said = ""
        for line in self.process.stdout:
            said += line
            if "json.tool" in line:
                return said
        pytest.fail(f"ended before it was ready: {said} {self.end()}")

    def end(self, number: signal.Signals | None = None) -> tuple[int, str]:
        """Its exit code and what it said on stderr."""
        if number is not None:
            self.process.send_signal(number)
        _, stderr = self.process.communicate(timeout=60)
        return self.process.returncode, stderr

    def events(self) -> list[str]:
        return self.events_file.read_text(encoding="utf-8").splitlines()


def servers_under(var: Path) -> list[psutil.Process]:
    return [found for found in psutil.process_iter(["cwd"]) if str(found.info["cwd"]).startswith(str(var.resolve()))]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_it_migrates_serves_and_stops_the_application_before_the_servers(
    number: signal.Signals, code: int, var: Path
) -> None:
    launched = Launched(var)
    said = launched.until_ready()
    assert f"http://127.0.0.1:{launched.port}/docs" in said
    assert launched.end(number) == (code, "")
    assert launched.events() == ["migrated upi_risk", "started 1 1", "stopped with both servers still running"]
    assert not servers_under(var)
    assert not (var / "dev.env").exists()


def test_the_next_run_finds_what_the_last_one_kept(var: Path) -> None:
    for start in (1, 2):
        launched = Launched(var)
        launched.until_ready()
        assert launched.end(signal.SIGINT)[0] == 0
        counted = 2 * start - 1  # the application counts when it starts and when it stops
        assert f"started {counted} {counted}" in launched.events()


def test_while_it_runs_a_shell_reads_the_urls_from_a_file_for_its_owner_alone(var: Path) -> None:
    launched = Launched(var)
    launched.until_ready()
    assert stat.S_IMODE((var / "dev.env").stat().st_mode) == 0o600
    shell: list[str | Path] = ["/bin/sh", "-c", '. "$1"; printf %s "$DATABASE_URL"', "sh", var / "dev.env"]
    url = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM starts").fetchone() == (1,)
    launched.end(signal.SIGINT)


def test_killed_with_nine_it_leaves_nothing_running(var: Path) -> None:
    launched = Launched(var)
    launched.until_ready()
    started = [*servers_under(var), *psutil.Process(launched.process.pid).children(recursive=True)]
    assert len(started) > 3
    launched.end(signal.SIGKILL)
    assert psutil.wait_procs(started, timeout=30)[1] == []


def test_named_servers_are_used_and_none_is_started(servers: Servers, var: Path) -> None:
    launched = Launched(var, DATABASE_URL=servers.database_url, REDIS_URL=servers.redis_url)
    launched.until_ready()
    assert not servers_under(var)
    assert launched.end(signal.SIGTERM)[0] == 143
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("DROP TABLE starts")


def test_a_taken_port_is_told_in_one_sentence_before_anything_starts(var: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert Launched(var, port=port).end() == (
            1,
            f"Port {port} is taken: stop what listens there or choose another, e.g. PORT={port + 1} make run.\n",
        )
    assert not var.exists()


def test_a_second_run_on_the_same_folder_is_told_so_in_one_sentence(var: Path) -> None:
    first = Launched(var)
    first.until_ready()
    code, said = Launched(var).end()
    assert code == 1
    assert said.count("\n") == 1
    assert "is in use by another process: stop that one first" in said
    assert first.end(signal.SIGINT)[0] == 0


def test_a_failed_migration_ends_it_with_one_sentence(var: Path) -> None:
    code, said = Launched(var, MIGRATE_EXIT="3").end()
    assert (code, said) == (1, "The database could not be migrated (exit code 3): the reason stands above.\n")
    assert not servers_under(var)


def test_an_application_that_does_not_start_ends_it_with_one_sentence(var: Path) -> None:
    code, said = Launched(var, "die").end()
    assert (code, said) == (1, "The application ended while it started (exit code 7): the reason stands above.\n")
    assert not servers_under(var)


@pytest.mark.parametrize(("name", "product"), [("postgres", "PostgreSQL"), ("valkey", "Valkey")])
def test_a_server_that_ends_while_it_serves_ends_it_with_one_sentence(name: str, product: str, var: Path) -> None:
    launched = Launched(var)
    launched.until_ready()
    found = [server for server in servers_under(var) if server.name().startswith(name)]
    oldest = min(found, key=lambda server: server.create_time())  # the others are PostgreSQL's own children
    oldest.kill()
    code, said = launched.end()
    assert code == 1
    assert re.fullmatch(rf"{product} ended by itself: see \S.*/log; start again with make run\.\n", said), said
    assert psutil.wait_procs(servers_under(var), timeout=30)[1] == []


def test_an_application_that_is_killed_while_it_serves_is_told_in_one_sentence(var: Path) -> None:
    launched = Launched(var)
    launched.until_ready()
    running = psutil.Process(launched.process.pid).children(recursive=True)
    (application,) = [found for found in running if found.cmdline()[1:2] == [str(APPLICATION)]]
    application.kill()
    assert launched.end() == (1, "The application was ended by signal 9 from outside; start again with make run.\n")
    assert not servers_under(var)
