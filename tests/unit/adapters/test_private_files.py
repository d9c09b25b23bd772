"""What is written for its owner alone goes through no link, and into no file that others may read already."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from upi_risk.adapters.polars.changed_rows import ChangedFile
from upi_risk.adapters.polars.manifest import write_whole
from upi_risk.adapters.postgres.backup import dump

PROGRAM = Path(shutil.which("true") or "true")
DATABASE = "postgresql://nobody:nothing@127.0.0.1:1/nowhere"

WRITERS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a backup": ("kept.new", lambda file: dump(DATABASE, PROGRAM, file)),
    "a part of an export": ("kept.new", lambda file: write_whole(file, b"new")),
    "decisions that changed": (".kept.part", lambda file: ChangedFile(file).finish()),
}


@pytest.mark.parametrize("planted", ["a link", "an open file"])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_file_for_its_owner_alone_is_a_new_one(tmp_path: Path, writer: str, planted: str) -> None:
    """Red when a draft is written to whatever has its name."""
    name, write = WRITERS[writer]
    other = tmp_path / "other"
    other.write_bytes(b"another's")
    other.chmod(0o644)
    if planted == "a link":
        (tmp_path / name).symlink_to(other)
    else:
        (tmp_path / name).touch(0o644)
        (tmp_path / name).chmod(0o644)
    write(tmp_path / "kept")
    assert other.read_bytes() == b"another's"
    assert not (tmp_path / "kept").is_symlink()
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o600
