"""A random split that keeps the share of fraud: what time-ordered data should not be validated with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

from upi_risk.domain.examples import Examples


def stratified(examples: Examples, folds: int, seed: int) -> Iterator[tuple[Examples, Examples]]:
    """What each fold learns from and is measured on.

    Args:
        examples: at least as many of either kind as there are folds.
        folds: two or more.
        seed: of the shuffling.
    """
    labels = np.asarray(examples.labels)
    cutter = StratifiedKFold(folds, shuffle=True, random_state=seed)
    for train, test in cutter.split(np.zeros(len(labels)), labels):
        yield _rows(examples, train), _rows(examples, test)


def _rows(examples: Examples, rows: npt.NDArray[np.int64]) -> Examples:
    columns = (examples.vectors, examples.labels, examples.days, examples.payers, examples.paise)
    vectors, labels, days, payers, paise = (np.asarray(column)[rows].data for column in columns)
    patterns = [examples.patterns[row] for row in rows] if examples.patterns else ()
    return Examples(vectors, labels, days, payers, paise, patterns, examples.feature_set)
