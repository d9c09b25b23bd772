"""Fitting a calibration: a logistic regression of three numbers, by Newton's method."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from upi_risk.domain.calibration import Calibration

Floats = npt.NDArray[np.float64]

_STEPS: Final = 50
_CONVERGED: Final = 1e-10
_RIDGE: Final = 1e-6
"""Keeps numbers finite where outcomes can be told apart without a fault; far too small to be seen otherwise."""

_LEAST_STRETCH: Final = 1e-3
"""With less, all answers would be one and the same."""

_NEAREST: Final = 1e-12
_DIGITS: Final = 9
"""What is left out is below what any figure shows, and the same on every processor."""


def fit_calibration(raw: Sequence[float], labels: Sequence[int]) -> Calibration:
    """The beta calibration under which outcomes are most likely.

    Where one of the two stretches would come out negative, it is left out and the rest is fitted again, as in the
    reference implementation (package ``betacal``); see :class:`~upi_risk.domain.calibration.Calibration`.

    Args:
        raw: answers of a model, 0 to 1.
        labels: 1 for each fraud, else 0; at least one of either kind.
    """
    p = np.clip(np.asarray(raw, dtype=np.float64), _NEAREST, 1 - _NEAREST)
    outcomes = np.asarray(labels, dtype=np.float64)
    columns = np.column_stack((np.log(p), -np.log1p(-p), np.ones_like(p)))
    for chosen in ((0, 1, 2), (0, 2), (1, 2)):
        found = np.zeros(3)
        found[list(chosen)] = _logistic(columns[:, list(chosen)], outcomes)
        if min(found[0], found[1]) >= 0 and found[0] + found[1] > _LEAST_STRETCH:
            return Calibration(*(round(float(number), _DIGITS) for number in found))
    return Calibration(1.0, 1.0, 0.0)  # a higher answer does not mean more fraud: nothing that rises will mend that


def _logistic(columns: Floats, outcomes: Floats) -> Floats:
    """Weights of a logistic regression; the last column is the constant."""
    weights = np.ones(columns.shape[1])
    weights[-1] = 0.0  # answers as they are: a model is seldom far off
    loss = _loss(columns, outcomes, weights)
    ridge = _RIDGE * np.eye(len(weights))
    for _ in range(_STEPS):
        said = 1 / (1 + np.exp(-(columns @ weights).clip(-500, 500)))
        slope = columns.T @ (outcomes - said) - ridge @ weights
        bend = columns.T @ (columns * (said * (1 - said))[:, np.newaxis]) + ridge
        step = np.linalg.solve(bend, slope)
        while (tried := _loss(columns, outcomes, weights + step)) > loss and np.abs(step).max() > _CONVERGED:
            step = step / 2
        weights, loss = weights + step, tried
        if np.abs(step).max() <= _CONVERGED:
            break
    return weights


def _loss(columns: Floats, outcomes: Floats, weights: Floats) -> float:
    """Minus the log-likelihood of outcomes."""
    odds = columns @ weights
    return float((np.logaddexp(0, odds) - outcomes * odds).sum() + _RIDGE / 2 * (weights**2).sum())
