"""``MODEL_CARD.md``: a model in a page of Markdown, for whoever decides about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from upi_risk.adapters.files.meaning_page import meaning_section
from upi_risk.domain.evaluation import Cut, Estimate, Evaluation, Part
from upi_risk.domain.gate import Verdict
from upi_risk.domain.model import ModelCard
from upi_risk.domain.training import TrainingRecord
from upi_risk.domain.tuning import Tuning
from upi_risk.domain.validation import Validation

MOST_TRIED: Final = 10
"""Candidates on the page."""


def write_card_page(card: ModelCard, record: TrainingRecord) -> bytes:
    """The content of a ``MODEL_CARD.md``; the same card and record give the same bytes."""
    sections = [_made(card, record)]
    if record.verdict is not None:
        sections.append(_judged(record.verdict))
    if record.scaling is not None:
        sections.append(meaning_section(record.scaling))
    if record.evaluation is not None:
        sections.append(_measured(record.evaluation, f"{record.split}"))
    if record.validation is not None:
        sections.append(_validated(record.validation))
    if record.tuning is not None:
        sections.append(_tried(record.tuning))
    sections.append(_limits())
    return ("\n\n".join(sections) + "\n").encode()


def _made(card: ModelCard, record: TrainingRecord) -> str:
    source, parameters = record.source, record.parameters
    units = ", ".join(f"{unit:g}" for unit in record.units)
    return (
        f"# Model {card.version}\n\n"
        f"A CatBoost classifier over the {len(card.features)} features of the set `{card.feature_set}`: a probability "
        "that a payment is fraud, before it is made.\n\n"
        f"- Data: `{source.name}`, {source.rows:,} payments, {source.frauds:,} of them fraud\n"
        f"- Its SHA-256: `{source.sha256}`\n"
        f"- Cleaned: {source.cleaned}\n"
        f"- Split: {record.split}\n"
        f"- Learned: {record.train_rows:,} payments, {record.train_frauds:,} known as fraud when the test began; "
        f"amounts times {units}\n"
        f"- Trees: {parameters.iterations:,} of depth {parameters.depth}, learning rate {parameters.learning_rate:g}, "
        f"seed {parameters.seed}; L2 {parameters.l2_leaf_reg:g}, a fraud counts for {parameters.fraud_weight:g}; "
        f"{parameters.feature_share * 100:g} % of the {len(card.features)} {card.feature_set} features for each level\n"
        f"- Chosen: {_chosen(record)}\n"
        f"- Held to the direction of sense: {'yes' if parameters.monotone else 'no'}\n"
        f"- Computed with: {', '.join(' '.join(pair) for pair in record.libraries)}\n"
        f"- Model file: SHA-256 `{card.sha256}`"
    )


def _chosen(record: TrainingRecord) -> str:
    """How the parameters were, and the number of trees."""
    told = "by hand." if record.tuning is None else str(record.tuning)
    return told if record.stopping is None else f"{told} {record.stopping}"


def _judged(verdict: Verdict) -> str:
    rows = [
        [
            check.name + ("" if check.required else " (beside the gate)"),
            f"{check.value:.4f}",
            f"{check.bound:.4f}",
            f"{check.by:+.4f}",
            "met" if check.met else "missed",
        ]
        for check in verdict.checks
    ]
    return f"## May it serve?\n\n{verdict}\n\n{_table(['figure', 'reached', 'bound', 'by', ''], rows)}"


def _measured(evaluation: Evaluation, split: str) -> str:
    names = ["act on", "score from", "alerts", "precision", "recall", "F1", "of rupees", "rupees saved", "good stopped"]
    rows = []
    for point in evaluation.points:
        figures = (point.precision, point.recall, point.f1, point.rupee_recall, point.rupees_saved, point.good_stopped)
        rows.append([_named(point.cut), f"{point.threshold:.4f}", f"{point.alerts:,}", *map(_interval, figures)])
    parts = [*_parts(evaluation.by_month, ""), *_parts(evaluation.by_pattern, "pattern ")]
    return (
        f"## Figures\n\nOn {evaluation.rows:,} later payments, {evaluation.frauds:,} of them fraud ({split}), with "
        f"95 % intervals from drawing payers again {evaluation.repetitions} times.\n\n"
        f"- AUC {_interval(evaluation.auc)}\n- average precision {_interval(evaluation.average_precision)}\n"
        f"- card precision@100 {_interval(evaluation.card_precision_at_100)}\n\n{_table(names, rows)}\n\n"
        + _table(["part", "payments", "frauds", "AUC", "average precision", "recall", "of rupees"], parts)
    )


def _named(cut: Cut) -> str:
    return cut.replace("_", " ").replace("percent", "%")


def _parts(parts: Sequence[Part], kind: str) -> list[list[str]]:
    return [
        [
            kind + part.name.replace("|", "\\|"),
            f"{part.rows:,}",
            f"{part.frauds:,}",
            *map(_interval, (part.auc, part.average_precision, part.recall, part.rupee_recall)),
        ]
        for part in parts
    ]


def _validated(validation: Validation) -> str:
    rows = [
        [name, *(f"{of.mean:.4f} (sd {of.sd:.4f})" for of in (trials.auc, trials.average_precision))]
        for name, trials in (("in order of time", validation.prequential), ("random", validation.stratified))
    ]
    count = len(validation.prequential.folds)
    return (
        f"## Validation\n\n{count} folds within the training period. A random split flatters by "
        f"{validation.auc_optimism:+.4f} AUC and {validation.average_precision_optimism:+.4f} average precision.\n\n"
        + _table(["folds", "AUC", "average precision"], rows)
    )


def _tried(tuning: Tuning) -> str:
    rows = [
        [f"{number}", f"{one.parameters}", f"{one.auc:.4f}", f"{one.average_precision:.4f}"]
        for number, one in tuning.ranked[:MOST_TRIED]
    ]
    return (
        f"## Candidates\n\n{tuning} The best {len(rows)}, of {len(tuning.candidates)}; `metrics.json` has the rest.\n\n"
        + _table(["tried as", "parameters", "AUC", "average precision"], rows)
    )


def _limits() -> str:
    return (
        "## Limits\n\nThe figures are of one stream and one period. The best F1 is found on the test itself. "
        "Probabilities are of the stream's share of fraud unless they were corrected for another; "
        "where fraud is rarer, they promise too much. "
        "`report.html` shows the curves, the costs and the drift."
    )


def _interval(estimate: Estimate | None) -> str:
    if estimate is None:
        return "-"
    digits = 0 if estimate.high > 1 else 3
    return f"{estimate.value:,.{digits}f} ({estimate.low:,.{digits}f} to {estimate.high:,.{digits}f})"


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
