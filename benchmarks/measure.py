"""One run over everything: closed loops in alternation, then open loops, and the medians of both."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import psutil

from benchmarks import open_loop, stacks
from benchmarks.harness import Harness

SERVICE: Final = "service"
BASELINE: Final = "service, v1.0"
"""With the model of the guide's 14 features, which is what the guide's stack computes."""
PAIR: Final = "service, two"
"""Two workers behind one port."""
ECHO: Final = "echo"
RAW: Final = "echo, mounted"
GUIDE: Final = "guide"
BUSIEST: Final = 100
"""Connections at which throughput is compared."""

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is measured. What is asked of a machine is bounded by it.

    Attributes:
        connections: of the closed loops.
        rates: of the open loops, requests a second.
        rounds: of the closed loops; the order of the targets turns about from one to the next.
        seconds: of each run.
        users: who sign up with each target.
    """

    connections: Sequence[int] = (1, 10, BUSIEST)
    rates: Sequence[int] = (20, 100, 300)
    rounds: int = 3
    seconds: float = 5.0
    users: int = 1000


def measured(folder: Path, extent: Extent, *, beside_guide: bool) -> Figures:
    """Start everything, measure, end everything.

    Args:
        folder: the harness's.
        extent: how much.
        beside_guide: measure the guide's stack, too, and the open loops.
    """
    with _targets(folder, extent, beside_guide=beside_guide) as (harness, targets):
        for target in targets.values():
            harness.warm(target, 4)
        load = os.getloadavg()[0]
        runs = [
            _told(harness.run(target, connections, extent.seconds, 1000 * round_ + connections), round_)
            for round_ in range(extent.rounds)
            for connections in extent.connections
            for target in _turned(list(targets.values()), round_)
        ]
        opened = _open(targets, runs, extent) if beside_guide else []
    return {"machine": _machine(load), "closed": _medians(runs), "open": opened, "runs": runs}


@contextlib.contextmanager
def _targets(folder: Path, extent: Extent, *, beside_guide: bool) -> Iterator[tuple[Harness, dict[str, Any]]]:
    with contextlib.ExitStack() as stack:
        pair = stack.enter_context(stacks.pair())
        ours = f"http://127.0.0.1:{stack.enter_context(stacks.service(pair))}"
        echo = f"http://127.0.0.1:{stack.enter_context(stacks.echo())}"
        harness = Harness(folder, pair.database_url, pair.ports, extent.users)
        texts = [
            f"{SERVICE}={ours},auth=bearer,rows=upi_risk:transactions",
            f"{ECHO}={echo},auth=bearer",
            f"{RAW.replace(', ', '-')}={echo},auth=bearer,prefix=/raw",
        ]
        if beside_guide:
            baseline = f"http://127.0.0.1:{stack.enter_context(stacks.service(pair, 'v1.0'))}"
            texts.append(f"{BASELINE.replace(', ', '-')}={baseline},auth=bearer,rows=upi_risk:transactions")
            two = f"http://127.0.0.1:{stack.enter_context(stacks.service(pair, workers=2))}"
            texts.append(f"{PAIR.replace(', ', '-')}={two},auth=bearer,rows=upi_risk:transactions")
            guide = f"http://127.0.0.1:{stack.enter_context(stacks.guide(folder, pair))}"
            texts.append(f"{GUIDE}={guide},rows=guide:transactions")
        yield harness, {name: harness.target(text) for name, text in zip(_NAMES, texts, strict=False)}


_NAMES: Final = (SERVICE, ECHO, RAW, BASELINE, PAIR, GUIDE)


def _turned(targets: list[Any], round_: int) -> list[Any]:
    """None comes always after the same other."""
    return targets[:: -1 if round_ % 2 else 1]


def _told(run: Figures, round_: int) -> Figures:
    run = run | {"target": run["target"].replace("-", ", "), "round": round_}
    _say(
        f"{run['target']:>14} {run['connections']:>4} connections {run['rps']:8.0f}/s  p99 {run['p99']:8.1f} ms  "
        f"{run['cpu_us']['total']:7.0f} µs  others {run['others']:.2f} cores"
    )
    return run


def _open(targets: dict[str, Any], runs: list[Figures], extent: Extent) -> list[Figures]:
    """At each rate the targets that can keep up with it: four fifths of what the closed loop got from them."""
    opened = []
    for rate in extent.rates:
        for name, target in targets.items():
            most = median(run["rps"] for run in runs if run["target"] == name and run["connections"] == BUSIEST)
            if name == RAW or rate > 0.8 * most:
                continue
            users = target.users if target.auth == "bearer" else [(user, "") for user, _ in target.users]
            asked = open_loop.Asked(target.port, f"{target.prefix}/check-transaction", users)
            found = {"target": name, **open_loop.run(asked, rate, 2 * extent.seconds, seed=rate)}
            _say(f"{name:>14} {rate:>4}/s due  p50 {found['p50']:.1f}  p99 {found['p99']:.1f} ms")
            opened.append(found)
    return opened


def _medians(runs: list[Figures]) -> list[Figures]:
    keys = {(run["connections"], run["target"]): None for run in runs}
    return [
        _median([run for run in runs if (run["connections"], run["target"]) == key])
        for key in sorted(keys, key=lambda key: (key[0], _NAMES.index(key[1])))
    ]


def _median(runs: list[Figures]) -> Figures:
    rates = [run["rps"] for run in runs]
    plain = ("rps", "p50", "p95", "p99", "p999", "max", "others", "server_cores", "rss_mb")
    return {
        "target": runs[0]["target"],
        "connections": runs[0]["connections"],
        **{name: median(run[name] for run in runs) for name in plain},
        "spread": (max(rates) - min(rates)) / median(rates),
        "errors": sum(run["errors"] for run in runs),
        "cpu_us": {name: median(run["cpu_us"][name] for run in runs) for name in runs[0]["cpu_us"]},
    }


def _machine(load: float) -> Figures:
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    git = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=stacks.ROOT, capture_output=True, text=True, check=False
    )
    return {
        "cpu": model,
        "cores": psutil.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "python": platform.python_version(),
        "load": round(load, 2),
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": git.stdout.strip(),
        "model": (stacks.ROOT / "artifacts" / "models" / "CURRENT").read_text().strip(),
    }


def _say(line: str) -> None:
    print(line, flush=True)
