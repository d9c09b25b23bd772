"""``python -m tests.faults PART [NUMBER]``: the long version of a test of faults, with a progress bar."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import psutil
from rich.progress import Progress

from tests.deploy.stack import nginx_conf
from tests.deploy.stack import started as program
from tests.faults import acknowledged
from tests.faults.checker import violations
from tests.faults.corrupt import corrupt
from tests.faults.measured import postgres_faults, redis_faults
from tests.faults.overload import overload
from tests.faults.rolling import roll, three_ports
from tests.faults.servers import ROOT, own_servers
from tests.faults.soak import soak

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
    return told, told.malformed == 0 and told.goodput >= 0.9 * told.peak


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


PARTS = {
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
