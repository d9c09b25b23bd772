"""What an operator reads when a command cannot do its work: one sentence, no traceback, no password."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests.e2e.conftest import ROOT
from upi_risk.bootstrap.backing_servers import running_servers
from upi_risk.bootstrap.children import CLI
from upi_risk.bootstrap.cli import COMMANDS, main
from upi_risk.bootstrap.settings import Settings, SettingsError

DATABASE_FORM = "DATABASE_URL is no postgresql:// URL: postgresql://user:password@host:port/name.\n"
REDIS_FORM = "REDIS_URL is no redis:// URL: redis://:password@host:port/0.\n"

COMMANDS_WITH_SERVERS = (
    "migrate", "backup copy", "restore file", "housekeep", "partitions list", "collect --out out",
    "experiments stop x", "labels import file", "retrain", "monitor --out page", "worker",
    "rules history", "lists show", "backtest", "webhooks list", "users role UID-1 admin", "keys list",
    "erase-user UID-1 --yes", "protect", "retention", "audit verify",
)  # fmt: skip


class Told(Protocol):
    """Runs a command; its exit code and what it said on stderr."""

    def __call__(self, *arguments: str, **environ: str) -> tuple[int, str]: ...


@pytest.fixture
def upi_risk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Told:
    """A command in this process, as a new one spends seconds on imports."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, **environ: str) -> tuple[int, str]:
        capsys.readouterr()
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["upi-risk", *arguments])
            for name, value in {"ARTIFACTS_DIR": str(ROOT / "artifacts"), **environ}.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().err

    return run


def in_a_process(folder: Path, *arguments: str, **environ: str) -> tuple[int, str]:
    """The same in a process of its own, as an operator has it."""
    ours = {"ARTIFACTS_DIR": str(ROOT / "artifacts"), **environ}
    command = [sys.executable, "-m", "upi_risk.bootstrap.cli", *arguments]
    done = subprocess.run(
        command, env={**os.environ, **ours}, cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (
            "postgresql://me:s3cret@127.0.0.1:1/x",
            "Nothing answers at 127.0.0.1:1: start that PostgreSQL or correct DATABASE_URL.\n",
        ),
        (
            "postgresql://me:s3cret@nowhere.invalid/x",
            "Nothing answers at nowhere.invalid:5432: start that PostgreSQL or correct DATABASE_URL.\n",
        ),
        ("mysql://me:s3cret@127.0.0.1/x", DATABASE_FORM),
        ("s3cret", DATABASE_FORM),
        ("postgresql://me:s3cret@127.0.0.1:s3cret/x", DATABASE_FORM),
    ],
)
def test_a_database_that_is_not_there_is_told_in_a_sentence(upi_risk: Told, url: str, said: str) -> None:
    assert upi_risk("migrate", DATABASE_URL=url) == (1, said)


def test_a_process_says_it_as_well_and_nothing_more(tmp_path: Path) -> None:
    assert in_a_process(tmp_path, "migrate", DATABASE_URL="s3cret") == (1, DATABASE_FORM)


def test_a_command_of_ours_imports_nothing_of_the_folder_it_is_started_in(tmp_path: Path) -> None:
    """Red without ``-P``: this is how workers, and the service of `upi-risk run`, are started."""
    (tmp_path / "json.py").write_text("raise SystemExit('foreign code')", encoding="utf-8")
    done = subprocess.run([*CLI, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_database_that_refuses_is_told_in_a_sentence(upi_risk: Told, database_url: str, tmp_path: Path) -> None:
    right = make_url(database_url)
    place = f"PostgreSQL at {right.host}:{right.port}"

    def url(**changed: str) -> str:
        return right.set(**changed).render_as_string(hide_password=False)  # type: ignore[arg-type]  # texts alone

    wrong, absent = (
        upi_risk("migrate", DATABASE_URL=url(**of)) for of in ({"password": "wrong"}, {"database": "none"})
    )
    assert wrong == (1, f"{place} refuses this user or password.\n")
    assert absent == (1, f'{place} refuses the connection: database "none" does not exist.\n')
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("DROP TABLE alembic_version")
        connection.execute(sql.SQL("CREATE ROLE guest LOGIN PASSWORD {}").format(right.password))
        try:
            refused = in_a_process(tmp_path, "migrate", DATABASE_URL=url(username="guest"))
        finally:
            connection.execute("DROP ROLE guest")
    assert refused == (1, f"{place} does not let this user change the schema.\n")


def test_production_lets_no_command_reach_its_servers_without_tls(upi_risk: Told, tmp_path: Path) -> None:
    """Removed: the look in each place that hands out URLs; the commands looked for a machine named db."""
    (tmp_path / "file").write_text("transaction_id,label,time,source\n", encoding="utf-8")
    environ = {
        "APP_ENV": "production",
        "DATABASE_URL": "postgresql://me:s3cret@127.0.0.1:1/x",
        "DATABASE_OWNER_URL": "postgresql://me:s3cret@db.invalid/x",
        "REDIS_URL": "redis://:s3cret@127.0.0.1:1/0",
    }
    told = {command: upi_risk(*command.split(), **environ) for command in COMMANDS_WITH_SERVERS}
    refusal = "DATABASE_OWNER_URL leads to another machine without TLS that is verified:"
    assert {command: said for command, said in told.items() if said[0] != 1 or not said[1].startswith(refusal)} == {}
    with pytest.raises(SettingsError, match="DATABASE_OWNER_URL"):  # for models, which takes seconds to get there
        running_servers(Settings(app_env="production", database_owner_url=environ["DATABASE_OWNER_URL"]))
    without = {
        "models",
        "replay",
        "run",
        "serve",
        "train",
        "simulate",
    }  # serve and run look at more; replay at its file first
    assert {command.split()[0] for command in COMMANDS_WITH_SERVERS} | without == set(COMMANDS)


def test_a_role_that_may_not_is_told_whose_word_is_needed(upi_risk: Told, application_url: str) -> None:
    said = upi_risk("webhooks", "remove", "psp", DATABASE_URL=application_url, REDIS_URL="redis://127.0.0.1:1/0")
    assert said == (1, "The role of DATABASE_URL may not do this: set DATABASE_OWNER_URL to the schema's owner.\n")


@pytest.mark.parametrize("command", ["serve", "run"])
def test_a_mistyped_database_url_is_told_by_what_serves(tmp_path: Path, command: str) -> None:
    code, said = in_a_process(
        tmp_path, command, DATABASE_URL="mysql://me:s3cret@h/x", REDIS_URL="redis://127.0.0.1:1/0"
    )
    assert (code, said.startswith(DATABASE_FORM), said.count("\n") <= 2) == (1, True, True), said


@pytest.mark.parametrize("url", ["http://:s3cret@h/0", "redis://:x@h:s3cret/0", "s3cret"])
def test_a_mistyped_redis_url_is_told_in_a_sentence(upi_risk: Told, url: str) -> None:
    environ = {"DATABASE_URL": "postgresql://127.0.0.1:1/x", "REDIS_URL": url}
    assert upi_risk("serve", **environ) == (1, REDIS_FORM)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_that_somebody_has_is_told_before_a_model_is_loaded(upi_risk: Told, workers: str) -> None:
    """Red where the address is left to the server: a traceback, or a line of its log after all else was done."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        servers = {"DATABASE_URL": "postgresql://127.0.0.1:1/x", "REDIS_URL": "redis://127.0.0.1:1/0"}
        code, said = upi_risk("serve", PORT=port, WORKERS=workers, HOST="127.0.0.1", **servers)
    told = f"Port {port} of 127.0.0.1 cannot be served: Address already in use. Choose another HOST or PORT.\n"
    assert (code, said) == (1, told)
