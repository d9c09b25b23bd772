"""The measured parts of docs/performance.md; what stands between the markers is written anew, the rest is prose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.measure import BASELINE, BUSIEST, ECHO, GUIDE, PAIR, RAW, SERVICE, Figures

TARGETS: Final = (
    "throughput at 100 connections against the guide's stack",
    "CPU a decision, server + PostgreSQL + Redis, against the guide's stack",
    "p99 at 100 connections against the guide's stack",
    "median latency with 1 connection against the guide's stack",
    "throughput at 100 connections against the echo endpoint",
)


def write(page: Path, name: str, text: str) -> None:
    """Replace what stands between ``<!-- name -->`` and ``<!-- /name -->``.

    Raises:
        ValueError: the page has no such place.
    """
    held = page.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, found, rest = held.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{page} has no place for {name}.")
    page.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", encoding="utf-8")


def machine(figures: Figures) -> str:
    """One sentence about where and when."""
    at = figures["machine"]
    rounds = 1 + max(run["round"] for run in figures["runs"])
    return (
        f"{at['day']}, commit {at['commit']}, model {at['model']}, Python {at['python']}: {at['cpu']}, {at['cores']} "
        f"cores, {at['memory_gib']} GiB, on which everything ran, the load generator too; medians of {rounds} rounds. "
        f"Load average before the first: {at['load']}; the column `others` is what the rest of the machine used."
    )


def closed(figures: Figures) -> str:
    """The closed loops."""
    head = [
        "connections",
        "target",
        "req/s",
        "spread",
        "p50 ms",
        "p95",
        "p99",
        "p99.9",
        "errors",
        "server µs",
        "PostgreSQL µs",
        "Redis µs",
        "all µs",
        "others, cores",
    ]
    rows = []
    for run in figures["closed"]:
        cpu = run["cpu_us"]
        latencies = [f"{run[name]:.1f}" for name in ("p50", "p95", "p99", "p999")]
        spent = [f"{cpu[name]:,.0f}" for name in ("server", "postgres", "redis", "total")]
        rows.append(
            [
                run["connections"],
                run["target"],
                f"{run['rps']:,.0f}",
                f"{run['spread']:.0%}",
                *latencies,
                run["errors"],
                *spent,
                f"{run['others']:.2f}",
            ]
        )
    return _table(head, rows)


def opened(figures: Figures) -> str:
    """The open loops."""
    head = ["due a second", "target", "answered a second", "p50 ms", "p95", "p99", "p99.9", "max", "unanswered"]
    rows = [
        [
            f"{run['rate']:.0f}",
            run["target"],
            f"{run['answered']:.1f}",
            *(f"{run[name]:.1f}" for name in ("p50", "p95", "p99", "p999", "max")),
            f"{run['unanswered']:.0f}",
        ]
        for run in figures["open"]
    ]
    return _table(head, rows)


def reached(figures: Figures) -> str:
    """What is to be reached beside what was, with the current model and with v1.0."""
    goals = (("40 ×", "20 ×"), ("1/50", "1/25"), ("1/25", "1/10"), ("1/5", "1/3"), ("0.5", "0.3"))
    columns = (SERVICE, BASELINE, PAIR)
    found = zip(*(_beside(figures, name) for name in columns), strict=True)
    rows = [[what, *goal, *told] for what, goal, told in zip(TARGETS, goals, found, strict=True)]
    return _table(["", "goal", "at the least", *columns], rows)


def _beside(figures: Figures, name: str) -> list[str]:
    ours, guide, echo, raw = (_at(figures, target, BUSIEST) for target in (name, GUIDE, ECHO, RAW))
    alone, guide_alone = _at(figures, name, 1), _at(figures, GUIDE, 1)
    return [
        f"{ours['rps'] / guide['rps']:.1f} ×",
        f"1/{guide['cpu_us']['total'] / ours['cpu_us']['total']:.1f}",
        f"1/{guide['p99'] / ours['p99']:.1f}",
        f"1/{guide_alone['p50'] / alone['p50']:.1f}",
        f"{ours['rps'] / echo['rps']:.2f} (mounted: {ours['rps'] / raw['rps']:.2f})",
    ]


def ratios(figures: Figures) -> dict[str, float]:
    """Throughput at 100 connections as a part of each echo endpoint's."""
    ours = _at(figures, SERVICE, BUSIEST)["rps"]
    return {name: round(ours / _at(figures, name, BUSIEST)["rps"], 4) for name in (ECHO, RAW)}


def _at(figures: Figures, target: str, connections: int) -> Figures:
    return next(r for r in figures["closed"] if (r["target"], r["connections"]) == (target, connections))


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines)
