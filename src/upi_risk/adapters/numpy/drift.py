"""Drift of features, by the tenths of their training values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from upi_risk.domain.drift import Drift, psi
from upi_risk.domain.examples import Examples

_BINS: Final = 10


def feature_drift(names: Sequence[str], train: Examples, test: Examples) -> tuple[Drift, ...]:
    """How far each feature's test values are from its training values.

    A value that a tenth of training shares is a bin of its own, so flags and counts are compared as they are.

    Args:
        names: of the columns.
        train: at least one payment.
        test: at least one payment.
    """
    before, after = np.asarray(train.vectors), np.asarray(test.vectors)
    drifts = []
    for column, name in enumerate(names):
        edges = np.unique(np.quantile(before[:, column], np.linspace(0, 1, _BINS + 1)))
        shares = []
        for values in (before[:, column], after[:, column]):
            bins = np.searchsorted(edges, values, side="left")
            shares.append((np.bincount(bins, minlength=len(edges) + 1) / len(values)).tolist())
        drifts.append(Drift(name, psi(*shares), tuple(edges.tolist()), tuple(shares[0])))
    return tuple(drifts)
