"""``metrics.json``: the figures of a training, for whoever compares many."""

from __future__ import annotations

from typing import Any

import msgspec

from upi_risk.adapters.files.card_file import AtThreshold, metrics_of
from upi_risk.domain.gate import Verdict
from upi_risk.domain.learning_ports import Usage
from upi_risk.domain.training import TrainingRecord
from upi_risk.domain.tuning import Tuning
from upi_risk.domain.validation import Trials, Validation


def write_metrics(record: TrainingRecord, used: Usage) -> bytes:
    """The content of a ``metrics.json``: flat; the figures at one threshold are those at the lowest.

    What was not asked for is null: ``evaluation`` (figures with intervals), ``gate``, ``validation``,
    ``tuning`` (every candidate), ``stopping``, and ``scaling`` (calibration, base rate and scale; reliability before
    and after).
    """
    metrics = metrics_of(record)
    first: AtThreshold = metrics[0].thresholds[0]
    document: dict[str, Any] = {
        "split": str(record.split),
        "auc": metrics[0].auc,
        "average_precision": metrics[0].average_precision,
        "threshold": first.threshold,
        "precision": first.precision,
        "recall": first.recall,
        "f1": first.f1,
        "card_precision_at_100": metrics[0].card_precision_at_100,
        "brier": metrics[0].brier,
        "thresholds": metrics[0].thresholds,
        "rows": {"train": record.train_rows, "test": metrics[0].rows},
        "frauds": {"train": record.train_frauds, "test": metrics[0].frauds},
        "by_unit": metrics,
        "evaluation": record.evaluation,
        "gate": record.verdict and _gate(record.verdict),
        "validation": record.validation and _validation(record.validation),
        "parameters": record.parameters,
        "tuning": record.tuning and _tuning(record.tuning),
        "stopping": record.stopping,
        "scaling": record.scaling,
        "drift_psi": {drift.feature: drift.psi for drift in record.drift},
        "cleaning": dict(record.source.cleaning),
        "seconds": round(used.seconds, 1),
        "peak_memory_mib": round(used.peak_memory_mib),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _gate(verdict: Verdict) -> dict[str, Any]:
    return {
        "passed": verdict.passed,
        "strict": verdict.strict,
        "against": verdict.against,
        "doubts": verdict.doubts,
        "checks": [
            {
                "name": check.name,
                "required": check.required,
                "met": check.met,
                "value": check.value,
                "bound": check.bound,
                "by": check.by,
                "why": check.why,
            }
            for check in verdict.checks
        ],
    }


def _validation(validation: Validation) -> dict[str, Any]:
    return {
        "prequential": _trials(validation.prequential),
        "stratified": _trials(validation.stratified),
        "optimism": {
            "auc": validation.auc_optimism,
            "average_precision": validation.average_precision_optimism,
        },
    }


def _tuning(tuning: Tuning) -> dict[str, Any]:
    """Every candidate, the best first; ``number`` tells the order they were tried in."""
    return {
        "chosen": str(tuning),
        "way": tuning.way,
        "candidates": [
            {
                "number": number,
                "parameters": one.parameters,
                "auc": one.auc,
                "average_precision": one.average_precision,
                "folds": [{"trees": tried.trees, **msgspec.to_builtins(tried.fold)} for tried in one.tried],
            }
            for number, one in tuning.ranked
        ],
    }


def _trials(trials: Trials) -> dict[str, Any]:
    return {"auc": trials.auc, "average_precision": trials.average_precision, "folds": trials.folds}
