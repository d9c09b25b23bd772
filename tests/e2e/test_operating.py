"""What operators type: roles, keys, erasure, and proof that the audit log is whole."""

from __future__ import annotations

import re

import psycopg
import pytest
from click.testing import CliRunner

from tests.servers import rows
from upi_risk.bootstrap.cli import cli


def test_operators_give_roles_make_keys_and_prove_the_log(
    database_url: str, application_url: str, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = {"DATABASE_URL": application_url, "DATABASE_OWNER_URL": database_url, "REDIS_URL": redis_url}
    for name, value in urls.items():
        monkeypatch.setenv(name, value)

    def say(*arguments: str, code: int = 0) -> str:
        told = CliRunner().invoke(cli, arguments)
        assert told.exit_code == code, (told.output, told.exception)
        return told.output

    with psycopg.connect(database_url) as owner:
        owner.execute(
            "INSERT INTO users SELECT 'UID-A', 'Asha', '+919876543210', now(), now(), now(), 1, 1, 0, 0, 0, 0, 0,"
            " NULL, '{}', '[]'"
        )
    assert "UID-A is analyst" in say("users", "role", "9876543210", "analyst")
    made = say("keys", "create", "switch", "--scope", "check")
    key = re.search(r"KEY-\w+", made)
    assert key is not None
    assert "upk_" in made
    assert "switch" in say("keys", "list")
    say("keys", "revoke", key[0])
    say("keys", "revoke", key[0], code=1)
    assert "no name" in say("erase-user", "UID-A", "--yes")
    assert rows(database_url, "SELECT name, mobile FROM users") == [("", "erased:UID-A")]
    head = re.search(r"\d+:[0-9a-f]{64}", say("audit", "verify"))
    assert head is not None
    assert head[0].startswith("4:")
    assert "key-revoked" in say("audit", "list")
    say("audit", "verify", "--head", head[0])
    say("audit", "verify", "--head", "x", code=2)
    with psycopg.connect(database_url) as owner:
        owner.execute("DELETE FROM audit WHERE number = 4")
    assert "cut off" in say("audit", "verify", "--head", head[0], code=1)
