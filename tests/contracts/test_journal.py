"""What every journal of a tuning promises; see upi_risk.domain.tuning.Journal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from upi_risk.adapters.files.journal import FileJournal
from upi_risk.adapters.memory.journal import MemoryJournal
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.tuning import Journal, Tried
from upi_risk.domain.validation import Fold

TRIED = Tried(Fold("2026-01-05 .. 2026-01-09", 10, 5, 1, 1 / 3, 0.1 + 0.2), 17)


@pytest.fixture(params=[FileJournal, MemoryJournal], ids=["files", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Journal:
    make: Callable[[Path], Journal] = request.param
    return make(tmp_path / "v9.1")


def test_what_is_kept_is_found_to_the_bit_and_nothing_else(journal: Journal) -> None:
    assert journal.find("a" * 64) is None
    journal.keep("a" * 64, TRIED)
    journal.keep("a" * 64, TRIED)
    assert journal.find("a" * 64) == TRIED
    assert journal.find("b" * 64) is None


def test_the_room_is_there_and_gone_after_everything_is_forgotten(journal: Journal, tmp_path: Path) -> None:
    assert journal.room.is_dir()
    journal.keep("a", TRIED)
    journal.drop()
    journal.drop()
    assert journal.find("a") is None
    assert list(tmp_path.iterdir()) == []


def test_files_outlive_the_process_and_a_broken_one_counts_as_none(tmp_path: Path) -> None:
    FileJournal(tmp_path / "v9.1").keep("a", TRIED)
    assert FileJournal(tmp_path / "v9.1").find("a") == TRIED
    (tmp_path / ".v9.1.progress" / "a.json").write_bytes(b'{"fold":')
    assert FileJournal(tmp_path / "v9.1").find("a") is None


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UnusableDataError, match="Nothing can be kept in"):
        FileJournal(tmp_path / "file" / "v9.1").keep("a", TRIED)
