"""Figures of two models side by side, with 95 % intervals from drawing payers again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from upi_risk.adapters.numpy.ranked import Floats, Ranked, Whole
from upi_risk.domain.evaluation import Estimate
from upi_risk.domain.experiment import Experiment, Observed
from upi_risk.domain.experiment_figures import ArmFigures

REPETITIONS: Final = 200
_SEED: Final = 7
_TAILS: Final = (2.5, 97.5)


def measure_arms(experiment: Experiment, observed: Sequence[Observed]) -> tuple[ArmFigures, ...]:
    """The champion's figures, then the challenger's.

    In shadow both are judged by the same payments: those that have both scores. Otherwise each model is judged by the
    payments that it decided.
    """
    if not experiment.shadow:
        return tuple(
            _figures(version, [one for one in observed if one.model_version == version])
            for version in (experiment.champion, experiment.challenger)
        )
    both = [one for one in observed if one.other_decision is not None]
    other = [replace(one, score=one.other_score or 0.0, decision=str(one.other_decision)) for one in both]
    return _figures(experiment.champion, both), _figures(experiment.challenger, other)


def _figures(version: str, rows: Sequence[Observed]) -> ArmFigures:
    if not rows:
        return ArmFigures(version, 0, 0, None, None, None, None, None)
    names, found = np.unique(np.array([one.user_id for one in rows]), return_inverse=True)
    payers: Whole = found.astype(np.int64)
    fraud = np.array([one.fraud for one in rows])
    scores = np.array([one.score for one in rows], dtype=np.float64)
    rupees = np.array([one.amount_paise for one in rows], dtype=np.float64) / 100
    alert = np.array([one.decision != "ALLOW" for one in rows])
    block = np.array([one.decision == "BLOCK" for one in rows])
    of = Ranked(scores, fraud, rupees, payers)
    parts = [
        alert & fraud,
        alert,
        fraud,
        ~fraud & block,
        ~fraud,
        np.where(fraud & ~alert, rupees, 0.0),
        np.ones(len(rows)),
    ]
    totals = np.array([np.bincount(payers, weights=part, minlength=len(names)) for part in parts])

    def measured(weights: Floats) -> list[float]:
        caught, alerts, frauds, blocked, good, missed, payments = (totals @ weights).tolist()
        pairs = ((caught, alerts), (caught, frauds), (blocked, good), (missed, payments))
        precision, recall, false_blocks, missed_rupees = (a / b if b else np.nan for a, b in pairs)
        return [precision, recall, of.drawn(weights).auc(), false_blocks, missed_rupees]

    dice, count = np.random.default_rng(_SEED), len(names)
    drawn = np.array(
        [
            measured(np.bincount(dice.integers(0, count, count), minlength=count).astype(np.float64))
            for _ in range(REPETITIONS)
        ]
    )
    values = measured(np.ones(count))
    estimates = [_estimate(value, column) for value, column in zip(values, drawn.T, strict=True)]
    return ArmFigures(version, len(rows), int(fraud.sum()), *estimates)


def _estimate(value: float, drawn: Floats) -> Estimate | None:
    """Draws without one of the kinds are left out; a figure that is no number is none."""
    if not np.isfinite(value):
        return None
    low, high = (
        np.percentile(drawn[np.isfinite(drawn)], _TAILS).tolist() if np.isfinite(drawn).any() else (value, value)
    )
    return Estimate(value, min(low, value), max(high, value))
