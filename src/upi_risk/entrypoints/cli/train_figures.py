"""What ``upi-risk train`` tells at its end: every figure beside the split it was measured on."""

from __future__ import annotations

from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from upi_risk.application.train_model import Trained, TrainingOrder
from upi_risk.domain.evaluation import Cut, Estimate, Evaluation, Part
from upi_risk.domain.gate import Verdict
from upi_risk.domain.tuning import Tuning
from upi_risk.domain.validation import Trials, Validation
from upi_risk.entrypoints.cli.scale_figures import break_even_table, reliability_table, scale_lines

_WHOLE: Final = 10_000_000
"""Figures below are printed in full; their intervals never are."""

_THOUSANDS: Final = ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))
_TEN: Final = 9.95
"""From here on a figure has two digits before its point."""

_SHOWN: Final = 10
_MOST_FLAGS: Final = 10_000
_CUTS: Final = {
    Cut.MEDIUM: "MEDIUM",
    Cut.HIGH: "HIGH",
    Cut.BEST_F1: "best F1",
    Cut.RATE_0_1: "0.1 %",
    Cut.RATE_0_5: "0.5 %",
    Cut.RATE_1: "1 %",
}


def print_trained(order: TrainingOrder, trained: Trained) -> None:
    """Print the figures of a training, the gate's verdict and what to do next."""
    console, record = Console(), trained.record
    for note in trained.notes:
        console.print(f"Note: {note}", highlight=False)
    console.print(_figures(trained))
    if record.evaluation is not None:
        console.print(_points(record.evaluation), "")
        console.print(_parts(record.evaluation), "")
    if record.scaling is not None:
        console.print("\n".join(scale_lines(record.scaling)), highlight=False)
        console.print(break_even_table(record.scaling))
        console.print(reliability_table(record.scaling))
    console.print(_confidence(trained))
    if record.tuning is not None:
        console.print(_tuning(record.tuning), "")
        console.print(f"{record.tuning}\n", highlight=False, markup=False)
    if record.stopping is not None:
        console.print(f"{record.stopping}\n", highlight=False, markup=False)
    if record.validation is not None:
        console.print(_validation(record.validation), "")
        console.print(_optimism(record.validation), highlight=False)
    if record.verdict is not None:
        console.print(_checks(record.verdict), "")
        console.print(f"{record.verdict}\n", highlight=False, markup=False)
    learned = f"Learned {record.train_rows:,} payments, {record.train_frauds:,} known as fraud"
    spent = f"in {trained.used.seconds:.0f} s with at most {trained.used.peak_memory_mib:,.0f} MiB"
    console.print(f"{learned}, {spent}. {order.out} was loaded again and scored its canary rows.", highlight=False)
    version = trained.card.version
    console.print(
        f"\nNext: put the folder at artifacts/models/{version}; `upi-risk models promote {version}` writes CURRENT, "
        "then `make run` serves it and `upi-risk replay FILE` shows how it does on a stream.",
        highlight=False,
        markup=False,
    )


def _figures(trained: Trained) -> Table:
    """Every figure with the split it was measured on."""
    record = trained.record
    table = Table(title=f"Model {trained.card.version}: {record.split}")
    table.add_column("on the test period")
    for measured in record.measured:
        table.add_column(
            "amounts as in the file" if measured.unit == 1 else f"amounts times {measured.unit:g}", justify="right"
        )
    columns = record.measured
    table.add_row("payments", *(f"{m.rows:,}" for m in columns))
    table.add_row("frauds", *(f"{m.frauds:,}" for m in columns))
    table.add_row("AUC", *(f"{m.auc:.4f}" for m in columns))
    table.add_row("average precision", *(f"{m.average_precision:.4f}" for m in columns))
    table.add_row("card precision@100", *(f"{m.card_precision_at_100:.4f}" for m in columns))
    table.add_row("Brier score", *(f"{m.brier:.5f}" for m in columns))
    for index, flagged in enumerate(columns[0].flagged):
        name = f"{'from' if index == 0 else 'above'} {flagged.threshold:g}:"
        table.add_row(f"{name} alerts", *(f"{m.flagged[index].alerts:,}" for m in columns))
        table.add_row(f"{name} precision", *(f"{m.flagged[index].precision:.4f}" for m in columns))
        table.add_row(f"{name} recall", *(f"{m.flagged[index].recall:.4f}" for m in columns))
        table.add_row(f"{name} F1", *(f"{m.flagged[index].f1:.4f}" for m in columns))
    return table


def _confidence(trained: Trained) -> Table:
    table = Table(title="Fraud expected by score (earlier half of the test) and fraud that came (later half)")
    for name in ("score up to", "payments", "expected", "came"):
        table.add_column(name, justify="right")
    for band in trained.record.bands:
        table.add_row(f"{band.upto:g}", f"{band.rows:,}", f"{band.expected:.4f}", f"{band.observed:.4f}")
    return table


def _short(number: float, digits: int) -> str:
    """A figure in at most four characters: 1.2M, 12k, 97, .638, 1.0."""
    for unit, letter in _THOUSANDS:
        if number >= unit * 0.9995:  # what rounds to it
            in_units = number / unit
            return f"{in_units:.{1 if in_units < _TEN else 0}f}{letter}"
    if digits:
        return "1.0" if number >= 1 - 0.5 / 10**digits else f"{number:.{digits}f}".removeprefix("0")
    return f"{number:.0f}"


def _count(number: float, digits: int = 0) -> str:
    """A figure in full, unless it is too long for a column."""
    return _short(number, digits) if number >= _WHOLE else f"{number:,.{digits}f}"


def _interval(estimate: Estimate | None, between: str = "\n") -> str:
    """A figure, and below it its 95 % interval."""
    if estimate is None:
        return "-"
    digits = 0 if estimate.high > 1 else 3
    ends = "-".join(_short(end, digits) for end in (estimate.low, estimate.high))
    return f"{_count(estimate.value, digits)}{between}{ends}"


def _table(title: str, *names: str) -> Table:
    """A table of figures, narrow enough for 80 columns; text in the first column, and nothing is cut off."""
    table = Table(title=title, box=SIMPLE_HEAD, padding=0, show_edge=False, title_justify="left")
    for index, name in enumerate(names):
        table.add_column(name, justify="right" if index else "left", overflow="fold")
    return table


def _points(evaluation: Evaluation) -> Table:
    ranking = (
        f"AUC {_interval(evaluation.auc, ', ')}; average precision {_interval(evaluation.average_precision, ', ')};\n"
        f"card precision@100 {_interval(evaluation.card_precision_at_100, ', ')}"
    )
    title = f"Acting from a score on, with 95 % intervals from drawing payers again\n{ranking}"
    names = ("from", "score", "flags", "prec.", "recall", "F1", "of rupees", "rupees", "good stopped")
    table = _table(title, *names)
    for point in evaluation.points:
        figures = (point.precision, point.recall, point.f1, point.rupee_recall, point.rupees_saved, point.good_stopped)
        score = f"{point.threshold:.4f}".removeprefix("0")
        table.add_row(_CUTS[point.cut], score, _flags(point.alerts), *map(_interval, figures))
    return table


def _flags(alerts: int) -> str:
    """A count in at most five characters."""
    return f"{alerts:,}" if alerts < _MOST_FLAGS else _short(alerts, 0)


def _parts(evaluation: Evaluation) -> Table:
    names = ("part", "payments", "frauds", "AUC", "avg. precision", "recall", "of rupees")
    table = _table("By month and by fraud pattern; recall is of MEDIUM and HIGH", *names)
    patterns = [("pattern ", part) for part in evaluation.by_pattern]
    for kind, part in [*(("", part) for part in evaluation.by_month), *patterns]:
        table.add_row(*_part(kind, part))
    return table


def _part(kind: str, part: Part) -> list[str]:
    figures = (part.auc, part.average_precision, part.recall, part.rupee_recall)
    return [f"{kind}{part.name}", f"{part.rows:,}", f"{part.frauds:,}", *map(_interval, figures)]


def _tuning(tuning: Tuning) -> Table:
    """The best few candidates, and how many more there were."""
    shown = tuning.ranked[:_SHOWN]
    title = f"The best {len(shown)} of {len(tuning.candidates)} candidates, on folds of time within training"
    table = _table(title, "tried as", "trees", "depth", "rate", "L2", "a fraud", "AUC", "avg. precision")
    for number, one in shown:
        of = one.parameters
        values = (of.iterations, of.depth, of.learning_rate, of.l2_leaf_reg, of.fraud_weight)
        told = (f"{value:.4g}" for value in values)
        table.add_row(f"{number}", *told, f"{one.auc:.4f}", f"{one.average_precision:.4f}")
    return table


def _validation(validation: Validation) -> Table:
    names = ("fold", "learned", "payments", "frauds", "AUC", "average precision")
    table = _table("Validation within the training period", *names)
    _add_trials(table, "in order of time", validation.prequential)
    _add_trials(table, "random", validation.stratified)
    return table


def _add_trials(table: Table, kind: str, trials: Trials) -> None:
    for fold in trials.folds:
        rows = (f"{count:,}" for count in (fold.train_rows, fold.rows, fold.frauds))
        table.add_row(fold.name, *rows, f"{fold.auc:.4f}", f"{fold.average_precision:.4f}")
    spreads = (f"{spread.mean:.4f} (sd {spread.sd:.4f})" for spread in (trials.auc, trials.average_precision))
    table.add_row(f"mean, {kind}", "", "", "", *spreads, end_section=True)


def _optimism(validation: Validation) -> str:
    return (
        f"A random split flatters by {validation.auc_optimism:+.4f} AUC and "
        f"{validation.average_precision_optimism:+.4f} average precision: it learns from what comes after.\n"
    )


def _checks(verdict: Verdict) -> Table:
    title = f"Acceptance gate{', strict' if verdict.strict else ''}; against {verdict.against or 'nothing'}"
    table = _table(title, "figure", "reached", "bound", "by", "", "bound from")
    for check in verdict.checks:
        met = ("met" if check.met else "missed") + ("" if check.required else " (beside)")
        table.add_row(check.name, f"{check.value:.4f}", f"{check.bound:.4f}", f"{check.by:+.4f}", met, check.why)
    return table
