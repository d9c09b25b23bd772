"""Scoring payments with a CatBoost model, in well under a millisecond each."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from math import exp
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from catboost import CatBoostClassifier

from upi_risk.adapters.catboost.trees import ROWS_AT_A_TIME, Trees
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard, Scored

_LEAST_LOG_ODDS: Final = -709.0
"""Below it the exponential leaves the range of 64 bits; the probability is 0 to the last digit."""


class CatBoostScorer:
    """A trained classifier as a :class:`~upi_risk.domain.ports.Scorer`.

    The probability and the contributions (SHAP values) are read from one pass over the trees, laid out as arrays at the
    start (:mod:`upi_risk.adapters.catboost.trees`): the library's own call costs 0.1 ms however few the rows, and it
    works each SHAP value out anew. The probability is the library's to the last bit, the contributions to 1e-13.

    Safe to share between threads: nothing changes after the start. NaN, infinity, a number too large for 32 bits and
    columns in excess, which the library would accept without a word, are refused.
    """

    def __init__(self, told: Mapping[str, Any], card: ModelCard, load: Callable[[], CatBoostClassifier]) -> None:
        """Take a model into service.

        Args:
            told: what :func:`described` tells of a trained model.
            card: what the model is.
            load: the library's own model, for :meth:`probabilities` alone: its format has no checksum, and reading a
                damaged file may end the process.

        Raises:
            ModelRejectedError: the model has other inputs or answers than its card says.
        """
        if tuple(told["features"]) != card.features or told["classes"] != [0, 1]:
            message = f"Model {card.version} does not take the features that its card names; train it anew."
            raise ModelRejectedError(message)
        try:
            self._trees = Trees(told["model"], len(card.features))
        except (LookupError, TypeError, ValueError) as error:
            message = f"Model {card.version} is not made of symmetric trees over numbers; train it anew."
            raise ModelRejectedError(message) from error
        self._card = card
        self._load = load

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        return self._card

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        """A probability of fraud and each feature's part in it, for each vector.

        Raises:
            ValueError: a vector is not as long as the card's features, or holds something that is no 32-bit number.
        """
        if not vectors:
            return []
        rows, scored = self._rows(vectors), list[Scored]()
        for first in range(0, len(rows), ROWS_AT_A_TIME):
            leaves = self._trees.leaves(rows[first : first + ROWS_AT_A_TIME])
            probabilities = map(_probability, self._trees.log_odds(leaves))
            scored += map(Scored, probabilities, self._trees.contributions(leaves))
        return scored

    def probabilities(self, columns: Sequence[Any]) -> npt.NDArray[np.float64]:
        """The probability of fraud for each row of many columns; see :class:`upi_risk.domain.backtest.BulkScorer`."""
        rows = self._rows(np.column_stack([np.asarray(column, dtype=np.float64) for column in columns]))
        return fraud_probabilities(self._load(), rows, workers=-1)

    def _rows(self, vectors: Sequence[Vector] | npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
        with np.errstate(over="ignore"):
            rows = np.array(vectors, dtype=np.float64).astype(np.float32)
        if rows.shape != (len(vectors), len(self._card.features)) or not np.isfinite(rows).all():
            message = f"A vector for model {self._card.version} must be {len(self._card.features)} finite numbers."
            raise ValueError(message)
        return rows


def _probability(log_odds: float) -> float:
    """Of log-odds, rounded as CatBoost rounds it: NumPy's ``exp`` differs from the C library's in the last bit."""
    return 1 / (1 + exp(-log_odds)) if log_odds > _LEAST_LOG_ODDS else 0.0


def fraud_probabilities(
    model: CatBoostClassifier, rows: npt.NDArray[np.float32], workers: int = 1
) -> npt.NDArray[np.float64]:
    """The probability of fraud for each row."""
    answers: npt.NDArray[np.float64] = model.predict(rows, prediction_type="Probability", thread_count=workers)
    return answers[:, 1]


def described(model: CatBoostClassifier) -> dict[str, Any]:
    """What a :class:`CatBoostScorer` is made of, as JSON has it: names of features, classes, and the model itself.

    Raises:
        CatBoostError, ValueError: the library cannot write it as JSON, or wrote what is none.
    """
    classes = np.asarray(model.classes_).tolist()
    return {"features": list(model.feature_names_), "classes": classes, "model": exported(model)}


def exported(model: CatBoostClassifier) -> dict[str, Any]:
    """The model as CatBoost's JSON document, which it writes to files alone."""
    with tempfile.TemporaryDirectory(prefix="upi-risk-") as folder:
        path = Path(folder) / "model.json"
        model.save_model(str(path), format="json")
        document: dict[str, Any] = json.loads(path.read_bytes())
    return document
