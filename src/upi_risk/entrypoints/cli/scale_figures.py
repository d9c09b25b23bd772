"""What ``upi-risk train`` tells of the scale: where VERIFY and BLOCK begin, and how well it was calibrated."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.table import Table

from upi_risk.domain.operating_points import Acted, OperatingPoints
from upi_risk.domain.scaling import Scaling


def scale_lines(scaling: Scaling) -> Iterator[str]:
    """The way from raw answers to scores, a sentence a line."""
    meaning = scaling.meaning
    if meaning.calibration is not None:
        yield (
            f"Calibrated on {scaling.rows:,} payments of {scaling.period}, {scaling.frauds:,} of them known as fraud, "
            "by a model grown on what came before them; the test is not touched."
        )
    if meaning.base_rate is not None:
        learned, served = meaning.base_rate.learned, meaning.base_rate.served
        yield f"Corrected for fraud in {served:.3g} of payments where it serves, instead of {learned:.3g} here."
    if scaling.points is not None:
        yield from _points(scaling.points, scaling.wishes.block_precision)


def _points(points: OperatingPoints, block_precision: float) -> Iterator[str]:
    why = "as the alert budget allows" if points.budget_bound else "where it is cheapest"
    yield f"VERIFY from a probability of {points.verify_from:.3g} (score 0.35), {why}: {_acted(points.verify)}."
    if points.block is None:
        yield (
            f"BLOCK above {points.block_above:.3g} (score 0.65), the highest seen: blocking never paid at a precision "
            f"of {block_precision:g}."
        )
    else:
        yield f"BLOCK above a probability of {points.block_above:.3g} (score 0.65): {_acted(points.block)}."
    yield f"That saves {points.rupees_saved:.1%} of what fraud costs when everything is allowed."


def _acted(acted: Acted) -> str:
    return f"{acted.share:.3%} of payments, precision {acted.precision:.3f}, recall {acted.recall:.3f}"


def break_even_table(scaling: Scaling) -> Table:
    """By amount, from which probability on acting pays."""
    table = Table(title="Probability from which acting pays, by amount", box=SIMPLE_HEAD, title_justify="left")
    for name in ("rupees", "VERIFY", "BLOCK"):
        table.add_column(name, justify="right")
    for even in scaling.break_evens:
        table.add_row(f"{even.rupees:,}", *("never" if p is None else f"{p:.3%}" for p in (even.verify, even.block)))
    return table


def reliability_table(scaling: Scaling) -> Table:
    """Brier score and log loss on the test, before and after calibration."""
    table = Table(title="Probabilities against outcomes of the test", box=SIMPLE_HEAD, title_justify="left")
    for name in ("", "Brier score", "log loss", "mean said", "fraud that came"):
        table.add_column(name, justify="right")
    for name, held in (("raw", scaling.before), ("calibrated", scaling.after)):
        if held is not None:
            table.add_row(name, f"{held.brier:.5f}", f"{held.log_loss:.5f}", f"{held.said:.5f}", f"{held.came:.5f}")
    return table
