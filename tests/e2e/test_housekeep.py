"""The command that removes what is over."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import psycopg
import pytest

from tests.servers import rows
from upi_risk.bootstrap.cli import main

CHALLENGE = "INSERT INTO challenges VALUES (%s, %s, '\\x00', NULL, now(), now() - %s * interval '1 hour', 0)"


def test_it_removes_what_is_over_and_says_how_much(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with psycopg.connect(database_url) as connection:
        for hours in (0, 24, 26, 50):
            connection.execute(CHALLENGE, (str(hours).encode(), f"upc_{hours}", hours))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setattr(sys, "argv", ["upi-risk", "housekeep"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out == "Removed 2 challenges, 0 sign_ins, 0 sessions.\n"
    assert rows(database_url, "SELECT challenge_id FROM challenges ORDER BY 1") == [("upc_0",), ("upc_24",)]


def test_beside_make_run_it_needs_no_setting(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Red without the look at what runs in var/: the command asks for DATABASE_URL."""
    (tmp_path / "var").mkdir()
    urls = f"DATABASE_URL={shlex.quote(database_url)}\nREDIS_URL=''\nDATABASE_OWNER_URL=''\n"
    (tmp_path / "var" / "dev.env").write_text(urls)
    monkeypatch.chdir(tmp_path)
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["upi-risk", "housekeep"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("Removed 0 challenges")


def test_it_needs_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)  # where no service runs
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["upi-risk", "housekeep"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("DATABASE_URL is not set")
