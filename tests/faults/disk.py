"""Disks that are small, and that something else fills."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
import pytest

from tests.faults.checker import lost, saved, violations
from tests.faults.failover import Serve
from tests.faults.servers import OwnServer, until_ready
from tests.faults.storm import Storm, signed_up
from tests.servers import rows
from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from upi_risk.adapters.postgres.migrate import upgrade

WHOLE_MIB: Final = 512
"""An embedded server wants 300 MiB free to start at all."""

_SEGMENTS_MIB: Final = 48
_PHONES: Final = 650_000
_FULL_SECONDS: Final = 2.0


class Disk:
    """A disk of its own.

    Attributes:
        path: where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(self) -> None:
        """Leave no room at all."""
        with contextlib.suppress(OSError), (self.path / "filler").open("ab", buffering=0) as filler:
            while True:
                filler.write(bytes(min(1 << 20, max(shutil.disk_usage(self.path).free, 4_096))))

    def empty(self) -> None:
        """Make room again."""
        (self.path / "filler").unlink()


@contextlib.contextmanager
def small_disk(path: Path, mib: int) -> Iterator[Disk]:
    """A file system in memory; the test is skipped where nobody may mount one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("to mount a small disk takes Linux and root")
    path.mkdir()
    mounted = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0711", "tmpfs", path], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["/bin/umount", "--lazy", path], check=True)


@contextlib.contextmanager
def payments_on(disk: Disk, postgres: OwnServer) -> Iterator[None]:
    """The table of payments is on a disk of its own meanwhile."""
    place = disk.path / "payments"
    place.mkdir(mode=0o700)
    owner = (postgres.home / "data").stat()
    os.chown(place, owner.st_uid, owner.st_gid)
    _tell(postgres, f"CREATE TABLESPACE small LOCATION '{place}'")
    held = "SELECT relid::regclass::text FROM pg_partition_tree('transactions') WHERE isleaf"
    tables = [name for (name,) in rows(postgres.url, held)]
    _tell(postgres, *(f"ALTER TABLE {name} SET TABLESPACE small" for name in tables))
    _tell(postgres, *(f"VACUUM FULL {name}" for name in tables))  # room that earlier rows left is room as well
    try:
        yield
    finally:
        _tell(postgres, *(f"ALTER TABLE {name} SET TABLESPACE pg_default" for name in tables), "DROP TABLESPACE small")


@contextlib.contextmanager
def log_on_small_disk(path: Path, postgres: OwnServer) -> Iterator[Disk]:
    """A server's write-ahead log is on a disk of its own meanwhile, with little room; the server is restarted twice."""
    log = postgres.home / "data" / "pg_wal"
    taken = sum(file.stat().st_size for file in log.iterdir()) >> 20
    with small_disk(path, taken + _SEGMENTS_MIB) as disk:
        place = disk.path / "pg_wal"
        postgres.kill(signal.SIGINT)
        _move(log, place)
        log.symlink_to(place)
        postgres.start()
        try:
            yield disk
        finally:
            if postgres.runs():
                postgres.kill(signal.SIGINT)
            log.unlink()
            _move(place, log)
            postgres.start()


def use_up_a_segment(postgres: OwnServer) -> None:
    """Have what is written next begin a file of the log; without room for one the server goes down."""
    with contextlib.suppress(psycopg.Error):
        _tell(postgres, "SELECT pg_switch_wal()")


def _move(what: Path, where: Path) -> None:
    subprocess.run(["/bin/cp", "--archive", what, where], check=True)
    shutil.rmtree(what)


def _tell(postgres: OwnServer, *commands: str) -> None:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        for command in commands:
            connection.execute(command.encode())


@dataclass
class Filled:
    """How it went.

    Attributes:
        acknowledged: payments that were answered, each once.
        rows: in the database.
        lost: payments that were answered and are not there.
        malformed: refusals that were not in shape.
        refused: 503, and broken connections, meanwhile.
        slowest_refusal: in seconds.
        died: whether PostgreSQL went down, as it must when it cannot write its log.
        back_seconds: from the room's return to readiness.
        violations: see :func:`tests.faults.checker.violations`.
    """

    acknowledged: int = 0
    rows: int = 0
    lost: int = 0
    malformed: int = 0
    refused: int = 0
    slowest_refusal: float = 0.0
    died: bool = False
    back_seconds: float = 0.0
    violations: dict[str, int] = field(default_factory=dict)

    def problems(self) -> list[str]:
        """Everything that is not as promised."""
        wrong = {
            **self.violations, "lost": self.lost, "malformed": self.malformed,
            "rows beyond": abs(self.rows - self.acknowledged), "late": self.back_seconds > 5,
            "never full": not self.refused,
        }  # fmt: skip
        return [name for name, number in wrong.items() if number]


async def fill_up(folder: Path, serve: Serve, wanted: int, tell: Callable[[int], None] = lambda _: None) -> Filled:
    """Ask about payments; fill the disk of PostgreSQL, log and all, when half are acknowledged, then make room."""
    told = Filled()
    with small_disk(folder / "disk", WHOLE_MIB) as disk, contextlib.ExitStack() as stack:
        postgres = OwnServer(EmbeddedPostgres, disk.path / "pg")
        stack.callback(postgres.stop)
        valkey = OwnServer(EmbeddedValkey, folder / "valkey", durable=False)
        stack.callback(valkey.stop)
        upgrade(postgres.url)
        async with serve(postgres.url, valkey.url) as port:
            payers = await signed_up(port, max(20, wanted // 90), _PHONES)
            storm = Storm(port, payers, wanted, wires=16, prefix="disk", tell=tell)
            blowing = asyncio.create_task(storm.blow())
            while len(storm.acknowledged) < wanted / 2:  # noqa: ASYNC110 - the load sets no event
                await asyncio.sleep(0.005)
            for _ in range(3):  # what has room within its files writes on, until they have to grow
                await asyncio.to_thread(disk.fill)
                await asyncio.sleep(_FULL_SECONDS)
            await asyncio.to_thread(disk.empty)
            told.died = not postgres.runs()
            if told.died:
                await asyncio.to_thread(postgres.start)
            told.back_seconds = await until_ready(port)
            await blowing
        names = {json.loads(body)["transaction_id"] for body in storm.acknowledged.values()}
        told.acknowledged, told.lost = len(storm.acknowledged), lost(postgres.url, names)
        told.rows, told.violations = saved(postgres.url), violations(postgres.url)
    told.malformed, told.slowest_refusal = storm.malformed, storm.slowest
    told.refused = sum(number for status, number in storm.statuses.items() if status != 200)
    return told
