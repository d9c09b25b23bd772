"""The figure of docs/performance.md."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measure import BASELINE, BUSIEST, ECHO, GUIDE, PAIR, RAW, SERVICE, Figures

_COLOURS: Final = {
    SERVICE: "#0b6e4f",
    BASELINE: "#6fb98f",
    PAIR: "#35a37c",
    ECHO: "#8a8f98",
    RAW: "#c3c7cf",
    GUIDE: "#c8553d",
}
_PERCENTILES: Final = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p999": 99.9}


def draw(figures: Figures, file: Path) -> None:
    """Throughput by connections, latencies at 100 connections, CPU a decision; as SVG or PNG, by the file's name."""
    mpl.rcParams["svg.hashsalt"] = "upi-risk"  # the same figures give the same file
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    _throughput(left, figures)
    _latencies(middle, figures)
    _cpu(right, figures)
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=110)


def _throughput(axes: Axes, figures: Figures) -> None:
    for name, colour in _COLOURS.items():
        runs = [run for run in figures["closed"] if run["target"] == name]
        axes.plot([r["connections"] for r in runs], [r["rps"] for r in runs], "o-", color=colour, label=name)
    axes.set(xscale="log", yscale="log", xlabel="connections", title="Requests a second")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)


def _latencies(axes: Axes, figures: Figures) -> None:
    for name, colour in _COLOURS.items():
        for run in figures["closed"]:
            if run["target"] == name and run["connections"] in {1, BUSIEST}:
                style, label = ("o-", f"{name}, {BUSIEST}") if run["connections"] == BUSIEST else ("o:", f"{name}, 1")
                heights = [run[key] for key in _PERCENTILES]
                axes.plot(range(len(heights)), heights, style, color=colour, label=label)
    axes.set(yscale="log", title="Latency in ms, by connections")
    axes.set_xticks(range(len(_PERCENTILES)), [f"p{share:g}" for share in _PERCENTILES.values()])
    axes.legend(frameon=False, fontsize=7, ncols=2)
    axes.grid(alpha=0.3)


def _cpu(axes: Axes, figures: Figures) -> None:
    runs = [run for run in figures["closed"] if run["connections"] == BUSIEST]
    below = [0.0] * len(runs)
    parts = {"server": "#0b6e4f", "postgres": "#336791", "redis": "#c8553d"}
    for part, colour in parts.items():
        heights = [run["cpu_us"][part] for run in runs]
        axes.barh([run["target"] for run in runs], heights, left=below, color=colour, label=part)
        below = [low + height for low, height in zip(below, heights, strict=True)]
    for number, total in enumerate(below):
        axes.annotate(f" {total:,.0f}", (total, number), va="center")
    axes.set(title=f"CPU a decision in µs, {BUSIEST} connections", xlim=(0, 1.2 * max(below)))
    axes.legend(frameon=False)
    axes.invert_yaxis()
