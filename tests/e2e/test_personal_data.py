"""What operators type to protect personal data, and where its keys come from."""

from __future__ import annotations

import multiprocessing
import re
import stat
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from tests.conftest import DATA_KEY, PHONE_INDEX_KEY
from tests.e2e.conftest import Say
from tests.e2e.drawing import draw
from tests.servers import rows
from upi_risk.bootstrap.cli import cli
from upi_risk.bootstrap.data_keys import _secrets, phone_keys
from upi_risk.bootstrap.settings import Settings, SettingsError
from upi_risk.domain.payment import Phone

USER = (
    "INSERT INTO users SELECT 'UID-' || n, 'Asha ' || n, '+91987654321' || n, now(), now() - n * interval '900 days',"
    " now(), 1, 1, 0, 0, 0, 0, 0, NULL, '{}', '[]' FROM generate_series(0, 2) n"
)


def test_what_is_there_is_sealed_found_and_in_the_end_removed(
    database_url: str, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(database_url) as owner:
        owner.execute(USER)
    monkeypatch.setenv("PERSONAL_DATA", "clear")
    assert isinstance(CliRunner().invoke(cli, ["protect"]).exception, SettingsError)
    monkeypatch.delenv("PERSONAL_DATA")
    assert "3 users, 0 subscriptions" in say("protect", "--dry-run", code=1)
    assert "0 users, 0 subscriptions" in say("protect")
    assert rows(database_url, "SELECT count(*) FROM users WHERE name <> '' OR mobile LIKE '+%'") == [(0,)]
    assert "UID-1 is analyst" in say("users", "role", "9876543211", "analyst")

    monkeypatch.setenv("DATA_KEY", "another key that the tests seal with")
    monkeypatch.setenv("DATA_KEY_PREVIOUS", DATA_KEY)
    assert "3 users" in say("protect", "--dry-run", code=1)
    assert "0 users" in say("protect")
    assert "0 users" in say("protect", "--dry-run")
    monkeypatch.setenv("PHONE_INDEX_KEY", "another key that users are found by")
    said = say("protect", "--dry-run", code=1)
    assert "3 users" in said

    monkeypatch.setenv("PHONE_INDEX_KEY_PREVIOUS", PHONE_INDEX_KEY)
    assert "0 users" in say("protect")
    due = say("retention")
    assert re.search(r"inactive users +1\b", due)
    assert "Nothing was removed" in due
    assert rows(database_url, "SELECT count(*) FROM persons") == [(3,)]
    assert "1" in say("retention", "--apply")
    assert rows(database_url, "SELECT user_id FROM persons ORDER BY 1") == [("UID-0",), ("UID-1",)]
    assert rows(database_url, "SELECT subject, detail FROM audit WHERE deed = 'user-erased'") == [
        ("UID-2", "retention")
    ]


def test_keys_are_drawn_once_into_a_file_of_their_owner_and_production_draws_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # not copies of this process, whose threads may hold locks at that moment
    with multiprocessing.get_context("forkserver").Pool(4) as pool:
        drawn = set(pool.map(draw, [tmp_path] * 16, chunksize=1))
    assert len(drawn) == 1
    file = tmp_path / "var" / "keys.env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in file.parent.iterdir()] == ["keys.env"]
    ((data, index),) = drawn
    assert min(len(data), len(index)) >= 32
    assert data != index
    chosen = Settings(phone_index_key=PHONE_INDEX_KEY)
    assert _secrets(chosen) == (data, PHONE_INDEX_KEY)
    assert phone_keys(chosen).kept(Phone("+919876543210")) == phone_keys(chosen).kept(Phone("+919876543210"))
    with pytest.raises(SettingsError, match="DATA_KEY is not set"):
        _secrets(Settings(app_env="production"))
    with pytest.raises(SettingsError, match="DATA_KEY is too short"):
        _secrets(Settings(data_key="short"))
    file.write_text("DATA_KEY=x\n")
    with pytest.raises(SettingsError, match=r"not to be kept in var/keys\.env"):
        _secrets(Settings())
