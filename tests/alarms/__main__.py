"""``python -m tests.alarms [CLEAN [ALERT]]``: real faults on a running stack, which a real Prometheus has to notice."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from datetime import UTC, datetime

import psutil
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.alarms.hour import Hour, clean_hour
from tests.alarms.injected import FAULTS
from tests.alarms.stack import Running, running

WITHIN_SECONDS = 60.0
MOST_SECONDS = 150.0
CLEAN_SECONDS = 180.0

Row = tuple[str, str, float | None]


async def clean(stack: Running, seconds: float) -> set[str]:
    """Everything that fired while nothing was wrong."""
    loop, fired = asyncio.get_running_loop(), set[str]()
    end = loop.time() + seconds
    while loop.time() < end:
        fired |= await stack.watch.firing()
        await asyncio.sleep(1)
    return fired


async def live(seconds: float, only: str, tell: Progress) -> tuple[list[Row], set[str], list[str]]:
    """Rows of the table, what fired in the clean time, and what went on firing after a fault was undone."""
    rows: list[Row] = []
    stayed: list[str] = []
    task = tell.add_task("starting", total=None)
    async with running() as stack:
        tell.update(task, description=f"clean for {seconds:.0f} s")
        fired = await clean(stack, seconds)
        told = Counter(stack.traffic.answered)
        tell.console.print(
            f"Clean: {told.total():,} checks, by status {dict(told)}; fired: {sorted(fired) or 'nothing'}"
        )
        for fault in [fault for fault in FAULTS if not only or only in fault.alerts]:
            tell.update(task, description=fault.text[:60])
            waiting = [asyncio.create_task(stack.watch.until_firing(alert, MOST_SECONDS)) for alert in fault.alerts]
            await fault.inject(stack)
            for alert, after in zip(fault.alerts, await asyncio.gather(*waiting), strict=True):
                rows.append((fault.text, alert, after))
                tell.console.print(f"{alert}: {'not in time' if after is None else f'{after:.1f} s'}")
            await fault.heal(stack)
            tell.update(task, description="until it is quiet again")
            if held := await stack.watch.until_quiet(fault.lingers):
                stayed.append(f"{', '.join(sorted(held))} after: {fault.text[:60]}")
    return rows, fired, stayed


def shown(rows: list[Row]) -> Table:
    table = Table("fault", "alert", "fires after, s")
    for text, alert, after in rows:
        table.add_row(text, alert, "never" if after is None else f"{after:.0f}")
    return table


def main(seconds: str = "", only: str = "") -> int:
    """Run it all, or one alert's fault; the exit code is 1 if an alert was late, or fired when nothing was wrong."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as tell:
        rows, fired, stayed = asyncio.run(live(float(seconds or CLEAN_SECONDS), only, tell))
        tell.add_task("a clean hour", total=None)
        hour = Hour("", good=True) if only else asyncio.run(clean_hour())
    console = Console()
    load = os.getloadavg()[1]
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {psutil.cpu_count()} cores, load average {load:.1f}")
    console.print(shown(rows))
    console.print(f"Fired while nothing was wrong: {', '.join(sorted(fired)) or 'nothing'}.")
    console.print(f"Still firing long after: {'; '.join(stayed) or 'nothing'}.")
    console.print(hour.told)
    late = [alert for _, alert, after in rows if after is None or after > WITHIN_SECONDS]
    return 1 if late or fired or stayed or not hour.good else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
