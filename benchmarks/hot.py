"""A receiver that very many pay: whether it keeps the others waiting, with one worker and with two."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from rich.progress import track

from benchmarks import stacks
from benchmarks.harness import Harness

RECEIVERS: Final = (1_000_000, 2_000, 1)
"""How many are paid, by Zipf's law."""

WORKERS: Final = (1, 2)
_CONNECTIONS: Final = 100
_USERS: Final = 1_000


class Hot(NamedTuple):
    """One kind of load.

    Attributes:
        workers: processes of the service.
        receivers: how many are paid.
        share: of the payments that go to the busiest of them.
        rate: payments a second, the median of the rounds.
        p99_ms: likewise.
        cpu_us: of PostgreSQL, a payment, likewise.
    """

    workers: int
    receivers: int
    share: float
    rate: float
    p99_ms: float
    cpu_us: float


def hot(folder: Path, rounds: int, seconds: float) -> list[Hot]:
    """Each number of receivers in turn, round after round.

    Args:
        folder: the harness's.
        rounds: how often.
        seconds: of each run.
    """
    found = []
    for workers in WORKERS:
        with contextlib.ExitStack() as stack:
            pair = stack.enter_context(stacks.pair())
            harness = Harness(folder, pair.database_url, pair.ports, _USERS)
            port = stack.enter_context(stacks.service(pair, workers=workers))
            database = pair.database_url.rsplit("/", 1)[1].split("?")[0]
            target = harness.target(f"service=http://127.0.0.1:{port},auth=bearer,rows={database}:transactions")
            harness.warm(target, 3)
            runs: dict[int, list[dict[str, Any]]] = {number: [] for number in RECEIVERS}
            for turn in track(range(rounds), f"{workers} worker(s)"):
                for number in RECEIVERS if turn % 2 else RECEIVERS[::-1]:
                    runs[number].append(harness.run(target, _CONNECTIONS, seconds, seed=turn + 1, receivers=number))
            found += [_of(workers, number, held) for number, held in runs.items()]
    return found


def _of(workers: int, receivers: int, runs: Sequence[dict[str, Any]]) -> Hot:
    share = 1 / sum(1 / rank for rank in range(1, receivers + 1))
    rate, p99 = (median(run[name] for run in runs) for name in ("rps", "p99"))
    return Hot(workers, receivers, share, rate, p99, median(run["cpu_us"]["postgres"] for run in runs))


def told(found: Sequence[Hot]) -> str:
    """The table; rates beside that of the most receivers with as many workers."""
    base = {one.workers: one.rate for one in found if one.receivers == max(RECEIVERS)}
    lines = [
        "| workers | receivers | payments to the busiest | rate, beside the first line's | p99, ms | PostgreSQL, µs |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {one.workers} | {one.receivers:,} | {one.share:.0%} | {one.rate / base[one.workers]:.2f} "
        f"| {one.p99_ms:.0f} | {one.cpu_us:.0f} |"
        for one in found
    ]
    return "\n".join(lines)
