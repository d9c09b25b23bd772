"""``python -m tests.faults PART [NUMBER]``: the long version of a test of faults, with a progress bar."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.progress import Progress

from tests.deploy.stack import nginx_conf
from tests.deploy.stack import started as program
from tests.faults import acknowledged
from tests.faults.at_scale import at_scale
from tests.faults.cancelled import Cancelled, cancel_at_random
from tests.faults.checker import violations
from tests.faults.clock import DAY, LEAPS, LIMIT, Leapt, faked, find_faketime, leap
from tests.faults.corrupt import corrupt
from tests.faults.disk import fill_up
from tests.faults.failover import fail_over
from tests.faults.hung_up import hang_up
from tests.faults.measured import postgres_faults, redis_faults
from tests.faults.overload import overload
from tests.faults.previous import NoHistoryError, old_suite
from tests.faults.rolling import roll, three_ports
from tests.faults.servers import ROOT, OwnServer, own_servers, started
from tests.faults.soak import soak
from upi_risk.adapters.redis.client import create_client

MOST_GROWTH = 0.05


def _acknowledged(wanted: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey):
        told = asyncio.run(acknowledged.run(postgres, valkey, wanted, acknowledged.Kills(), tell))
    return told, not told.problems()


def _models(number: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with tempfile.TemporaryDirectory() as folder:
        models = Path(folder) / "models"
        for version in ("v1.0", "v2.0"):
            shutil.copytree(ROOT / "artifacts" / "models" / version, models / version)
        found = corrupt(models, "v2.0", "v1.0", number, tell)
    return dict(found), not found["otherwise"]


def _soak(checks: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey):
        told = asyncio.run(soak(postgres, valkey, checks, tell))
    flat = told.descriptors[1] <= told.descriptors[0] + 5 and told.connections[1] <= told.connections[0] + 2
    return told, told.grew <= MOST_GROWTH and flat


def _overload(seconds: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey):
        told = asyncio.run(overload(postgres, valkey, seconds))
        tell(seconds)
        stored = asyncio.run(overload(postgres, valkey, seconds, row_ms=0.5))
    text = f"The processor is the bound:\n{told}\n\nPostgreSQL is the bound:\n{stored}"
    return text, told.as_promised and stored.as_promised


def _deploys(least: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    nginx = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
    listen, *ports = three_ports()
    with own_servers() as (postgres, valkey), tempfile.TemporaryDirectory() as folder:
        conf = nginx_conf(Path(folder), listen, ports)
        with program([nginx, "-c", str(conf), "-e", f"{folder}/e"]):
            told = asyncio.run(roll(listen, ports, postgres, valkey, rounds=5, migrate=True, least=least, tell=tell))
        wrong = violations(postgres.url)
    return (told, wrong), told.failed == 0 and not wrong


def _redis(seconds: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey):
        told = asyncio.run(redis_faults(postgres, valkey, seconds, tell))
    return told, not told.problems


def _postgres(seconds: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey):
        told = asyncio.run(postgres_faults(postgres, valkey, seconds, tell))
    return told, not told.problems


@contextlib.asynccontextmanager
async def _serve(database_url: str, redis_url: str) -> AsyncIterator[int]:
    async with started(database_url, redis_url, WORKERS="2") as (port, _):
        yield port


def _failover(wanted: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey), tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(fail_over(postgres, valkey, Path(folder), _serve, wanted, tell))
    return told, not told.problems()


def _disk(wanted: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(fill_up(Path(folder), _serve, wanted, tell))
    return told, not told.problems()


def _scale(payments: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey), tempfile.TemporaryDirectory() as folder:
        told = asyncio.run(at_scale(postgres, valkey, Path(folder), payments, tell))
    return told, not told.problems()


def _clock(_: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    library = find_faketime()
    if library is None:
        return "not run: no libfaketime (Debian: libfaketime), or name it in LIBFAKETIME", False
    with own_servers() as (postgres, valkey), tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "off"
        said.write_text("+0", encoding="ascii")
        told = asyncio.run(_leapt(postgres, valkey, library, said))
    tell(1)
    return told.problems or f"as promised after {len(told.replies)} payments and {len(LEAPS)} leaps", not told.problems


async def _leapt(postgres: OwnServer, valkey: OwnServer, library: Path, said: Path) -> Leapt:
    environ = {"RATE_LIMIT_PER_MINUTE": str(LIMIT), "ACCESS_TOKEN_SECONDS": str(DAY), "REDIS_TIMEOUT_MS": "500"}
    environ |= {"REQUEST_DEADLINE_MS": "5000", "STATEMENT_TIMEOUT_MS": "5000", "POOL_TIMEOUT_MS": "5000"}

    def turn(off: float) -> None:
        fresh = said.with_suffix(".new")
        fresh.write_text(f"{off:+.0f}", encoding="ascii")
        fresh.replace(said)  # it is read at any instant

    async with started(postgres.url, valkey.url, **environ, **faked(library, said)) as (port, _):
        return await leap(port, postgres.url, 1, turn)


def _cancelled(calls: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (_, valkey):
        told = asyncio.run(_of_redis(valkey, calls, tell))
    return told, not told.wrong


async def _of_redis(valkey: OwnServer, calls: int, tell: Callable[[int], None]) -> Cancelled:
    client = create_client(valkey.url)
    try:
        return await cancel_at_random(client, calls, tell)  # type: ignore[arg-type]  # one server, no cluster
    finally:
        await client.aclose()


def _hung_up(callers: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with own_servers() as (postgres, valkey):
        told = asyncio.run(hang_up(postgres, valkey, callers, tell))
    return told, not told.problems()


def _previous(_: int, tell: Callable[[int], None]) -> tuple[object, bool]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = old_suite(Path(folder), tell)
        except NoHistoryError as error:
            return f"not run: {error}", False
    return told, told.good


PARTS = {
    "previous": (_previous, 430),
    "clock": (_clock, 1),
    "cancelled": (_cancelled, 20_000),
    "hung-up": (_hung_up, 10_000),
    "failover": (_failover, 20_000),
    "disk": (_disk, 5_000),
    "scale": (_scale, 1_000_000),
    "redis": (_redis, 10),
    "postgres": (_postgres, 10),
    "acknowledged": (_acknowledged, 100_000),
    "models": (_models, 1_000),
    "deploys": (_deploys, 50_000),
    "overload": (_overload, 10),
    "soak": (_soak, 1_000_000),
}


def main(part: str, number: str = "") -> int:
    """Run one, or all; the exit code is 1 when something was not as it must be."""
    if part == "all":
        return max(main(each) for each in PARTS)
    run, usual = PARTS[part]
    wanted = int(number or usual)
    with Progress() as progress:
        task = progress.add_task(part, total=wanted)
        told, good = run(wanted, lambda done: progress.update(task, completed=done))
    cores, gib = psutil.cpu_count(), psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[1]
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {cores} cores, {gib:.0f} GiB, load average {load:.1f}")  # noqa: T201
    print(told)  # noqa: T201
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
