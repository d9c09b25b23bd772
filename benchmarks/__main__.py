"""``python -m benchmarks bench|check|profile|scale|hot|partitions``; `make` has targets for them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import rich_click as click

from benchmarks import hot, page, partitions, plot
from benchmarks.harness import MissingError, require
from benchmarks.measure import BUSIEST, Extent, measured
from benchmarks.profile import profiled
from benchmarks.scaling import BEFORE, SIZES, scaled, told
from benchmarks.stacks import KEPT, ROOT
from upi_risk.adapters.embedded import EmbeddedServerError
from upi_risk.bootstrap.network import LaunchError

PAGE: Final = ROOT / "docs" / "performance.md"
SCALING: Final = ROOT / "docs" / "scaling.md"
RECORDED: Final = ROOT / "benchmarks" / "recorded.json"
LEAST: Final = 0.8
"""How much of the recorded ratio must be reached."""

_folder: Final = click.option(
    "--harness", type=click.Path(path_type=Path), default=ROOT.parent / "shared" / "bench", help="The harness's folder."
)
_rounds: Final = click.option("--rounds", type=click.IntRange(1, 20), default=3, show_default=True)
_seconds: Final = click.option("--seconds", type=click.FloatRange(1, 60), default=5.0, show_default=True)


@click.group()
def main() -> None:
    """Measure what a payment costs."""


@main.command()
@_folder
@_rounds
@_seconds
def bench(harness: Path, rounds: int, seconds: float) -> None:
    """Measure the service beside the echo endpoints and the guide's stack; write docs/performance.* and the record."""
    folder = harness.resolve()
    require(folder)
    figures = measured(folder, Extent(rounds=rounds, seconds=seconds), beside_guide=True)
    (KEPT / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    write(figures)


@main.command()
def again() -> None:
    """Write docs/performance.* and the record from the last figures, without measuring."""
    write(json.loads((KEPT / "figures.json").read_text(encoding="utf-8")))


def write(figures: dict[str, object]) -> None:
    """Put figures where people look for them."""
    parts: dict[str, Callable[[dict[str, object]], str]] = {
        "machine": page.machine,
        "reached": page.reached,
        "closed": page.closed,
        "open": page.opened,
    }
    for name, text in parts.items():
        page.write(PAGE, name, text(figures))
    plot.draw(figures, PAGE.with_suffix(".svg"))
    record = {"connections": BUSIEST, "ratios": page.ratios(figures), "machine": figures["machine"]}
    RECORDED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


@main.command()
@_folder
@_rounds
@_seconds
def check(harness: Path, rounds: int, seconds: float) -> None:
    """Fail when the throughput beside an echo endpoint has fallen by more than a fifth from the record."""
    folder = harness.resolve()
    require(folder)
    extent = Extent(connections=(BUSIEST,), rounds=rounds, seconds=seconds)
    found = page.ratios(measured(folder, extent, beside_guide=False))
    recorded: dict[str, float] = json.loads(RECORDED.read_text(encoding="utf-8"))["ratios"]
    fallen = [name for name, ratio in recorded.items() if found[name] < LEAST * ratio]
    for name, ratio in recorded.items():
        click.echo(f"{name}: {found[name]:.3f} of its throughput; recorded {ratio:.3f}, least {LEAST * ratio:.3f}")
    if fallen:
        click.echo("The service has become slower; see docs/performance.md, and make profile.", err=True)
        sys.exit(1)


@main.command()
@click.option("--write", "keep", is_flag=True, help="Write the table into docs/performance.md.")
def profile(keep: bool) -> None:  # noqa: FBT001 - click's way
    """Microseconds a payment by stage."""
    text = profiled()
    click.echo(text)
    if keep:
        page.write(PAGE, "profile", text)


@main.command()
@click.option("--users", "sizes", type=int, multiple=True, default=SIZES, show_default=True, help="Sizes, ascending.")
@click.option("--before", type=int, default=BEFORE, show_default=True, help="Payments of the user with a history.")
@click.option("--write", "keep", is_flag=True, help="Write the tables into docs/scaling.md.")
def scale(sizes: tuple[int, ...], before: int, keep: bool) -> None:  # noqa: FBT001 - click's way
    """How a check's cost grows with users, and with what a user has paid before."""
    tables = dict(zip(("users", "history", "written"), told(*scaled(sizes, before)), strict=True))
    click.echo("\n\n".join(tables.values()))
    for name, text in tables.items() if keep else ():
        page.write(SCALING, name, text)


@main.command("partitions")
@click.option("--payments", type=click.IntRange(1_000, 1_000_000), default=20_000, show_default=True)
def partitions_(payments: int) -> None:
    """What the statements of a check cost with and without partitions, and bytes a payment."""
    click.echo(partitions.told(payments))


@main.command("hot")
@_folder
@_rounds
@_seconds
@click.option("--write", "keep", is_flag=True, help="Write the table into docs/scaling.md.")
def hot_receiver(harness: Path, rounds: int, seconds: float, keep: bool) -> None:  # noqa: FBT001 - click's way
    """Whether a receiver that very many pay keeps the others waiting."""
    require(harness.resolve())
    text = hot.told(hot.hot(harness.resolve(), rounds, seconds))
    click.echo(text)
    if keep:
        page.write(SCALING, "hot", text)


if __name__ == "__main__":
    try:
        main(standalone_mode=True)
    except (MissingError, EmbeddedServerError, LaunchError) as error:
        click.echo(str(error), err=True)
        sys.exit(1)
