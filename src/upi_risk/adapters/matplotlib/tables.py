"""Figures as HTML tables, each with the split it was measured on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from upi_risk.domain.drift import NOTABLE, Drift
from upi_risk.domain.evaluation import Cut, Estimate, Evaluation, Part
from upi_risk.domain.gate import Check, Verdict
from upi_risk.domain.training import TrainingRecord
from upi_risk.domain.tuning import Candidate, Tuning
from upi_risk.domain.validation import Trials, Validation

_STABLE_SHOWN: Final = 5
_CUTS: Final = {
    Cut.MEDIUM: "MEDIUM and HIGH (VERIFY, BLOCK)",
    Cut.HIGH: "HIGH (BLOCK)",
    Cut.BEST_F1: "the best F1, found on this test",
    Cut.RATE_0_1: "1 payment in 1,000 looked at",
    Cut.RATE_0_5: "5 in 1,000",
    Cut.RATE_1: "10 in 1,000",
}


def interval(estimate: Estimate | None) -> str:
    """A figure, and below it its interval."""
    if estimate is None:
        return "&ndash;"
    digits = 0 if estimate.high > 1 else 3
    return f"{estimate.value:,.{digits}f}<small>{estimate.low:,.{digits}f} &ndash; {estimate.high:,.{digits}f}</small>"


def table(names: Sequence[str], rows: Iterable[Sequence[str]], caption: str) -> str:
    """A table; cells are HTML, names and the caption are text."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def points(evaluation: Evaluation, caption: str) -> str:
    """What acting from each cut on does."""
    names = ("Act on", "score from", "alerts", "precision", "recall", "F1", "of rupees", "rupees saved", "good stopped")
    rows = []
    for point in evaluation.points:
        figures = (point.precision, point.recall, point.f1, point.rupee_recall, point.rupees_saved, point.good_stopped)
        rows.append((_CUTS[point.cut], f"{point.threshold:.4f}", f"{point.alerts:,}", *map(interval, figures)))
    return table(names, rows, caption)


def parts(of: Sequence[Part], what: str, caption: str) -> str:
    """The figures of each month, or of each pattern."""
    names = (what, "payments", "frauds", "AUC", "average precision", "recall", "of rupees")
    rows = [
        (
            escape(part.name),
            f"{part.rows:,}",
            f"{part.frauds:,}",
            *map(interval, (part.auc, part.average_precision, part.recall, part.rupee_recall)),
        )
        for part in of
    ]
    return table(names, rows, caption)


def checks(verdict: Verdict, caption: str) -> str:
    """The gate's conditions, and the targets beside."""
    rows = [
        (
            _checked(check),
            f"{check.value:.4f}",
            f"{check.bound:.4f}",
            f"{check.by:+.4f}",
            _met(check),
            escape(check.why),
        )
        for check in verdict.checks
    ]
    return table(("Figure", "reached", "bound", "by", "", "bound from"), rows, caption)


def _checked(check: Check) -> str:
    return escape(check.name) if check.required else f"{escape(check.name)} <small>beside the gate</small>"


def _met(check: Check) -> str:
    return f'<span class="{"met" if check.met else "missed"}">{"met" if check.met else "missed"}</span>'


def drift(of: Sequence[Drift], caption: str) -> str:
    """Population stability indices, the largest first; of those that are stable, the few largest alone."""
    ranked = sorted(of, key=lambda one: -one.psi)
    moved = sum(one.psi >= NOTABLE for one in ranked)
    shown, rest = ranked[: max(moved, _STABLE_SHOWN)], ranked[max(moved, _STABLE_SHOWN) :]
    rows = [(escape(one.feature), f"{one.psi:.3f}", one.says) for one in shown]
    if rest:
        rows.append((f"and {len(rest)} more", f"up to {rest[0].psi:.3f}", rest[0].says))
    return table(("Feature", "PSI", ""), rows, caption)


def validation(of: Validation, caption: str) -> str:
    """Folds of either kind."""
    rows = [*_trials("Mean, in order of time", of.prequential), *_trials("Mean, random", of.stratified)]
    return table(("Fold", "learned", "payments", "frauds", "AUC", "average precision"), rows, caption)


def _trials(name: str, trials: Trials) -> list[Sequence[str]]:
    rows: list[Sequence[str]] = [
        (
            fold.name,
            f"{fold.train_rows:,}",
            f"{fold.rows:,}",
            f"{fold.frauds:,}",
            f"{fold.auc:.4f}",
            f"{fold.average_precision:.4f}",
        )
        for fold in trials.folds
    ]
    spreads = (f"<b>{of.mean:.4f}</b><small>sd {of.sd:.4f}</small>" for of in (trials.auc, trials.average_precision))
    return [*rows, (f"<b>{name}</b>", "", "", "", *spreads)]


def tuning(of: Tuning, caption: str) -> str:
    """Every candidate, the best first."""
    names = ("Trees at most", "grown", "depth", "rate", "L2", "a fraud counts", "AUC", "average precision", "tried as")
    rows = [(*_parameters(one), f"{one.auc:.4f}", _spread(one), f"{number}") for number, one in of.ranked]
    return table(names, rows, caption)


def _parameters(of: Candidate) -> tuple[str, ...]:
    grown, values = sorted(tried.trees for tried in of.tried), of.parameters
    trees = f"{grown[0]:,}" if grown[0] == grown[-1] else f"{grown[0]:,} &ndash; {grown[-1]:,}"
    others = (values.depth, values.learning_rate, values.l2_leaf_reg, values.fraud_weight)
    return f"{values.iterations:,}", trees, *(f"{value:.3g}" for value in others)


def _spread(of: Candidate) -> str:
    figures = [tried.fold.average_precision for tried in of.tried]
    return f"{of.average_precision:.4f}<small>{min(figures):.3f} &ndash; {max(figures):.3f}</small>"


def making(record: TrainingRecord, caption: str) -> str:
    """What the model was made from."""
    source, parameters = record.source, record.parameters
    trees = f"{parameters.iterations:,} of depth {parameters.depth}, learning rate {parameters.learning_rate:g}"
    trees += f", seed {parameters.seed}; L2 {parameters.l2_leaf_reg:g}, a fraud counts for {parameters.fraud_weight:g}"
    trees += f", {parameters.feature_share * 100:g} % of the features for each level"
    chosen = "By hand." if record.tuning is None else str(record.tuning)
    chosen += "" if record.stopping is None else f" {record.stopping}"
    rows = [
        ("File", f"{escape(source.name)}, {source.rows:,} payments, {source.frauds:,} frauds"),
        ("Its SHA-256", f"<code>{source.sha256}</code>"),
        ("Cleaned", escape(source.cleaned)),
        ("Split", escape(str(record.split))),
        ("Learned", f"{record.train_rows:,} payments, {record.train_frauds:,} known as fraud when the test began"),
        ("Amounts times", ", ".join(f"{unit:g}" for unit in record.units)),
        ("Trees", trees),
        ("Chosen", escape(chosen)),
        ("Computed with", ", ".join(f"{escape(name)} {escape(version)}" for name, version in record.libraries)),
    ]
    return table(("", ""), [(name, f'<div class="text">{value}</div>') for name, value in rows], caption)
