"""``upi-risk partitions``, over partitions in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.builders import NOON
from upi_risk.adapters.memory import ManualClock, MemoryArchive, MemoryPartitions, MemoryStore
from upi_risk.application.archive_partitions import ArchivePartitions
from upi_risk.application.keep_partitions import KeepPartitions
from upi_risk.domain.partitions import Month, Partition
from upi_risk.entrypoints.cli.partitions import PartitionsHouse, partitions_command


@dataclass
class Command:
    store: MemoryStore = field(default_factory=MemoryStore)
    archive: MemoryArchive = field(default_factory=MemoryArchive)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))

    def __post_init__(self) -> None:
        self.partitions = MemoryPartitions(self.store)

    @asynccontextmanager
    async def house(self) -> AsyncIterator[PartitionsHouse]:
        def archiving(_folder: Path | None, months: int | None) -> ArchivePartitions:
            return ArchivePartitions(self.partitions, self.archive, self.clock, months or 120)

        yield PartitionsHouse(self.partitions, KeepPartitions(self.partitions, self.clock), archiving)

    def __call__(self, *arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(partitions_command(self.house), arguments, input=answer)


@pytest.fixture
def command() -> Command:
    return Command()


def test_what_is_missing_is_told_and_then_made(command: Command) -> None:
    assert command("create", "--dry-run").output == "Missing: 2026-03, 2026-04, 2026-05, 2026-06.\n"
    assert command("create").output.startswith("Made: 2026-03, 2026-04, 2026-05, 2026-06. 0 transactions")
    assert command("create", "--dry-run").output == "Missing: none.\n"
    listed = command("list").output
    assert "transactions_2026_03" in listed
    assert "the rest" in listed


class Unknown(MemoryPartitions):
    """Nobody has counted yet."""

    async def listed(self) -> list[Partition]:
        return [replace(each, number=None) for each in await super().listed()]


def test_what_nobody_counted_is_unknown(command: Command) -> None:
    assert "unknown" not in command("list").output
    command.partitions = Unknown(command.store)
    command("create")
    assert command("list").output.count("unknown") == 5
    command.clock = ManualClock(Month(2027, 4).begins)
    assert (
        command("archive", "--months", "12", "--dry-run").output
        == "transactions_2026_03: an unknown number of transactions.\n"
    )


def test_archiving_asks_first(command: Command) -> None:
    """Red without the question: --dry-run and a plain no drop the partition."""
    command("create", "--move-all")
    command.clock = ManualClock(Month(2027, 4).begins)
    assert command("archive").output == "Nothing is old enough.\n"
    said = command("archive", "--months", "12", "--dry-run")
    assert said.output == "transactions_2026_03: about 0 transactions.\n"
    assert command("archive", "--months", "12", answer="n\n").exit_code == 1
    assert command.partitions.archived == {}
    assert "were dropped" in command("archive", "--months", "12", "--yes").output
    assert set(command.partitions.archived) == {"transactions_2026_03"}
