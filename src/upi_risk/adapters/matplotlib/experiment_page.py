"""An experiment on one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from importlib.resources import files

from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter

from upi_risk.adapters.matplotlib.drawing import FILL, FRAUD, GOOD, QUIET, drawn
from upi_risk.adapters.matplotlib.parts import figure, section
from upi_risk.adapters.matplotlib.tables import interval, table
from upi_risk.domain.experiment import Experiment
from upi_risk.domain.experiment_figures import ArmFigures
from upi_risk.domain.experiment_verdict import Look, Verdict

_WIDEST = 1.0
"""A share of the champion's cost; the drawing shows no more."""


_MOST_DATES = 10
"""Below the drawing, about."""


def render_experiment(experiment: Experiment, figures: Sequence[ArmFigures], verdict: Verdict, note: str) -> str:
    """The page, in UTF-8.

    Args:
        experiment: which one.
        figures: of both models.
        verdict: what it says so far.
        note: what the figures were measured on, a sentence.
    """
    how = "in shadow" if experiment.shadow else f"deciding for {experiment.share:.0%} of payers"
    sections = [
        _head(experiment, how, note, verdict),
        section("Side by side", "Below each figure is its 95 % interval.", arms_table(figures, note)),
    ]
    looks = [look for look in verdict.looks if look.cost is not None]
    if looks:
        svg = drawn("cost", "The challenger's cost against the champion's by day", _draw(looks), width=9, height=3.9)
        caption = (
            "The challenger's cost as a share above or below the champion's, with the band that holds the truth at "
            "every look together. A band that leaves the line calls a winner."
        )
        sections.append(section("Who costs less", "", figure(svg, caption)))
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Experiment {escape(experiment.name)}</title>\n<style>\n{style}</style></head>\n"
        "<body><main>\n" + "\n".join(sections) + "\n</main></body>\n</html>\n"
    )


def _head(experiment: Experiment, how: str, note: str, verdict: Verdict) -> str:
    against = f"{experiment.challenger} against {experiment.champion}, {how}"
    return (
        f"<header><h1>Experiment {escape(experiment.name)}</h1>"
        f'<p class="split">{escape(against)}<br>{escape(note)}</p>'
        f'<p class="verdict">{escape(f"{verdict.outcome.capitalize()}. {verdict.why}")}</p></header>'
    )


def arms_table(figures: Sequence[ArmFigures], caption: str) -> str:
    """The models, a row each."""
    names = (
        "model", "payments", "frauds", "precision", "recall", "AUC", "good payments blocked", "missed rupees a payment",
    )  # fmt: skip
    rows = [
        (
            escape(arm.model_version),
            f"{arm.payments:,}",
            f"{arm.frauds:,}",
            *map(interval, (arm.precision, arm.recall, arm.auc, arm.false_blocks, arm.missed_rupees)),
        )
        for arm in figures
    ]
    return table(names, rows, caption)


def _draw(looks: Sequence[Look]) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        days = [_number(look.day) for look in looks]
        values = [_shown(look.cost.value) for look in looks if look.cost]
        low = [_shown(look.cost.value - look.reach) for look in looks if look.cost]
        high = [_shown(look.cost.value + look.reach) for look in looks if look.cost]
        axes.axhline(0, color=QUIET, linestyle=":")
        axes.fill_between(days, low, high, color=FILL)
        axes.plot(days, values, color=GOOD, marker="o", markersize=3)
        for look in looks:
            if look.breached:
                axes.axvline(_number(look.day), color=FRAUD, linewidth=0.8)
        axes.xaxis_date()
        axes.set_xticks(days[:: 1 + len(days) // _MOST_DATES])
        axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))  # type: ignore[no-untyped-call]
        axes.set_ylabel("cost against the champion's")
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:+.0%}")
        axes.tick_params(axis="x", rotation=30)

    return draw


def _number(day: date) -> float:
    """Days since 1970, which is how the axis counts."""
    return float((day - date(1970, 1, 1)).days)


def _shown(value: float) -> float:
    return max(-_WIDEST, min(_WIDEST, value))
