"""What operators type: roles, keys, erasure, and proof that the audit log is whole."""

from __future__ import annotations

import getpass
import json
import re
from pathlib import Path

import psycopg
import pytest

from tests.e2e.conftest import ROOT, Say
from tests.servers import rows


def test_operators_give_roles_make_keys_and_prove_the_log(database_url: str, say: Say) -> None:
    """Red when the list shortens a key's name to fit a terminal: nobody could revoke what it shows."""
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
    say("keys", "revoke", key[0])
    say("keys", "revoke", key[0], code=1)
    assert key[0] in say("keys", "list")
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


def test_what_operators_change_is_in_the_log_and_the_log_holds(database_url: str, say: Say, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("transaction_id,label,time,source\nnobody,fraud,2026-03-02,chargeback\n", encoding="utf-8")
    author = ("--author", "asha")
    for arguments in (
        ("rules", "rollback", "0", *author),
        ("lists", "add", "block", "receiver", "9876543210@upi", "--reason", "reported", *author),
        ("lists", "remove", "block", "receiver", "9876543210@upi", *author),
        ("webhooks", "add", "bank", "--url", "https://bank.example/x", "--kind", "decision.made", *author),
        ("webhooks", "replay", "--all"),
        ("webhooks", "remove", "bank"),
        ("labels", "import", str(labels)),
    ):
        say(*arguments)
    say("audit", "verify")
    noted = rows(database_url, "select actor, deed, subject, detail from audit order by number")
    assert [deed for _, deed, _, _ in noted] == [
        "rules-applied", "list-added", "list-removed", "webhook-added", "webhooks-replayed", "webhook-removed",
        "labels-imported",
    ]  # fmt: skip
    assert {actor for actor, *_ in noted} == {f"operator:{getpass.getuser()}"}
    assert "9876543210" not in str(noted)


def test_a_promotion_is_told_by_the_outbox_of_a_make_run_too(
    database_url: str, say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red where DATABASE_URL alone says that there is an outbox: the servers of a make run are in var/dev.env."""
    say("webhooks", "add", "bank", "--url", "https://bank.example/x", "--kind", "model.promoted", "--author", "asha")
    models = tmp_path / "models"
    models.mkdir()
    for version in ("v1.0", "v2.0"):
        (models / version).symlink_to(ROOT / "artifacts" / "models" / version)
    (models / "CURRENT").write_text("v2.0\n")
    (tmp_path / "var").mkdir()
    running = f"DATABASE_URL={database_url}\nREDIS_URL=redis://x\nDATABASE_OWNER_URL={database_url}\n"
    (tmp_path / "var" / "dev.env").write_text(running)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARTIFACTS_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("DATABASE_OWNER_URL")
    say("models", "promote", "v1.0")
    say("models", "rollback")
    told = rows(database_url, "select body from webhook_messages order by created_at")
    assert [json.loads(body)["data"] for (body,) in told] == [{"model_version": "v1.0"}, {"model_version": "v2.0"}]
