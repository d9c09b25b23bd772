"""The daily page on the model in service; it needs nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from html import escape
from importlib.resources import files

from matplotlib.axes import Axes

from upi_risk.adapters.matplotlib.drawing import FRAUD, GOOD, QUIET, drawn
from upi_risk.adapters.matplotlib.parts import figure, section
from upi_risk.adapters.matplotlib.tables import table
from upi_risk.domain.monitoring import LEAST_COMPARED, Confusion, Monitoring, Week
from upi_risk.domain.reliability import Reliability

Draw = Callable[[Axes], None]


def render_monitoring(of: Monitoring) -> str:
    """The page, in UTF-8."""
    days = of.maturity.total_seconds() / 86_400
    judged = f"Payments that are {days:g} days old, fraud if reported by then."
    sections = [
        _head(of, judged),
        _quality(of, judged),
        _calibration(of, judged),
        _segments(of, judged),
        _drift(of),
        _labels(of),
    ]
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(of.model_version)} in service</title>\n<style>\n{style}</style></head>\n"
        "<body><main>\n" + "\n".join(sections) + "\n</main></body>\n</html>\n"
    )


def _head(of: Monitoring, judged: str) -> str:
    return (
        f"<header><h1>{escape(of.model_version)} in service</h1>"
        f'<p class="split">{of.at:%Y-%m-%d %H:%M} UTC. {escape(judged)}</p></header>'
    )


def _quality(of: Monitoring, judged: str) -> str:
    rows = _confusions("Week from", [(f"{week.begins}", week.confusion) for week in of.weeks], judged)
    if not of.weeks:
        return section("What became of its decisions", "No payment is old enough to be judged.")
    text = "VERIFY and BLOCK are alerts. A payment that nobody calls fraud counts as good, one that was BLOCK included."
    if all(week.confusion.precision is None and week.confusion.recall is None for week in of.weeks):
        nothing = f"{text} There was neither an alert nor a fraud, so there is no precision and no recall."
        return section("What became of its decisions", nothing, rows)
    svg = drawn("weeks", "Precision and recall by week", _by_week(of.weeks), width=9, height=3.4)
    return section("What became of its decisions", text, figure(svg, "Precision and recall by week."), rows)


def _segments(of: Monitoring, judged: str) -> str:
    title = "Where it is good, and where not"
    if not of.segments:
        return section(title, "No payment is old enough to be judged.")
    return section(title, "", _confusions("Segment", of.segments.items(), judged))


def _by_week(weeks: Sequence[Week]) -> Draw:
    def draw(axes: Axes) -> None:
        for name, colour in (("precision", GOOD), ("recall", FRAUD)):
            told = [(_day(week.begins), getattr(week.confusion, name)) for week in weeks]
            told = [(day, value) for day, value in told if value is not None]
            axes.plot([day for day, _ in told], [value for _, value in told], color=colour, marker="o", label=name)
        axes.xaxis_date()
        axes.set_ylim(0, 1.02)
        axes.legend()
        axes.tick_params(axis="x", rotation=30)

    return draw


def _confusions(name: str, of: Iterable[tuple[str, Confusion]], judged: str) -> str:
    names = (name, "payments", "caught", "missed", "rupees missed", "good disturbed", "precision", "recall")
    rows = [
        (
            escape(label),
            f"{one.payments:,}",
            f"{one.caught:,}",
            f"{one.missed:,}",
            f"{one.missed_paise / 100:,.0f}",
            f"{one.disturbed:,} ({_told(one.false_alerts)})",
            _told(one.precision),
            _told(one.recall),
        )
        for label, one in of
    ]
    return table(names, rows, judged)


def _calibration(of: Monitoring, judged: str) -> str:
    if of.reliability is None:
        return section("Can its probabilities be taken at their word?", "There are none to judge yet.")
    svg = drawn("ratio", "Frauds that came for each foretold, by week", _ratios(of.weeks), width=9, height=3.0)
    return section(
        "Can its probabilities be taken at their word?",
        "Frauds that came for each that was foretold: 1 is right, above it the model is not sure enough.",
        figure(svg, "By week."),
        _bands(of.reliability, judged),
    )


def _ratios(weeks: Sequence[Week]) -> Draw:
    def draw(axes: Axes) -> None:
        told = [(_day(week.begins), week.ratio) for week in weeks if week.ratio is not None]
        axes.axhline(1, color=QUIET, linestyle=":")
        axes.plot([day for day, _ in told], [ratio for _, ratio in told], color=GOOD, marker="o")
        axes.xaxis_date()
        axes.tick_params(axis="x", rotation=30)

    return draw


def _bands(of: Reliability, judged: str) -> str:
    rows = [(f"{band.upto:g}", f"{band.rows:,}", f"{band.said:.4f}", f"{band.came:.4f}") for band in of.bands]
    return table(("Probability up to", "payments", "said", "came"), rows, f"Brier score {of.brier:.5f}. {judged}")


def _drift(of: Monitoring) -> str:
    title = "Are these the payments it learned from?"
    if not of.drift:
        return section(title, "It decided nothing in the last week.")
    rows = [
        (escape(one.drift.feature), f"{one.drift.psi:.3f}", f"{one.ks:.3f}", escape(one.drift.says)) for one in of.drift
    ]
    text = (
        f"{of.recent:,} payments of the last week against {of.reference}. The population stability index: below 0.1 "
        "nothing happened, from 0.25 on the payments are others. KS is the largest difference of the running shares, "
        "at the ends of the bins. The score is compared with its own on later payments than were learned."
    )
    if of.recent < LEAST_COMPARED:
        text += f" Of fewer than {LEAST_COMPARED} payments these figures are mostly chance: they are no metrics."
    return section(title, text, table(("Feature", "PSI", "KS", ""), rows, "The furthest first."))


def _labels(of: Monitoring) -> str:
    if of.delays is None:
        return section("How late are labels?", "No payment of these weeks was reported.")
    median, most = of.delays
    text = f"Half of all reports came within {median:.1f} days of the payment, nine in ten within {most:.1f}."
    return section("How late are labels?", text)


def _told(value: float | None) -> str:
    return "&ndash;" if value is None else f"{value:.3f}"


def _day(day: date) -> float:
    """Days since 1970, which is how the axis counts."""
    return float((day - date(1970, 1, 1)).days)
