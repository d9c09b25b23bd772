"""The command that removes what is over."""

from __future__ import annotations

import sys

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


def test_it_needs_a_database(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(sys, "argv", ["upi-risk", "housekeep"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("DATABASE_URL is not set")
