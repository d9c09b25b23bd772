"""Growing CatBoost classifiers, the same to the bit from the same examples and seed."""

from __future__ import annotations

import platform
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from catboost import CatBoostClassifier, Pool

from upi_risk.adapters.catboost.scorer import fraud_probabilities
from upi_risk.domain.examples import Examples
from upi_risk.domain.feature_sets import FEATURE_SETS, FeatureSet
from upi_risk.domain.training import HyperParameters

_KEPT_METADATA: Final = frozenset({"class_params", "catboost_version_info"})
"""The rest tells when, with how many threads and under which random name the model was grown."""


class CatBoostLearner:
    """CatBoost as a :class:`~upi_risk.domain.learning_ports.Learner`."""

    def __init__(self, workers: int) -> None:
        """``workers`` threads compute; the model does not depend on how many."""
        self._workers = workers

    @property
    def libraries(self) -> tuple[tuple[str, str], ...]:
        """Names and versions of what computes."""
        return ("python", platform.python_version()), *(
            (name, version(name)) for name in ("catboost", "numpy", "polars")
        )

    def learn(
        self, examples: Sequence[Examples], parameters: HyperParameters, progress: Callable[[float], None]
    ) -> bytes:
        """Grow a model from tables taken together; see the port."""
        model = self._ungrown(parameters, _features(examples))
        model.fit(_pool(examples), callbacks=[_Told(progress, parameters.iterations)])
        return _content(model)

    def trees_needed(
        self,
        examples: Sequence[Examples],
        later: Sequence[Examples],
        parameters: HyperParameters,
        progress: Callable[[float], None],
    ) -> int:
        """With how many trees later payments are foretold best; see the port."""
        model = self._ungrown(parameters, _features(examples))
        model.fit(
            _pool(examples),
            eval_set=_pool(later),
            early_stopping_rounds=parameters.early_stopping,
            use_best_model=True,
            callbacks=[_Told(progress, parameters.iterations)],
        )
        return int(model.tree_count_)

    def probabilities(self, model: bytes, examples: Examples) -> Sequence[float]:
        """The probability of fraud that a model gives to each payment; see the port."""
        loaded = CatBoostClassifier()
        loaded.load_model(blob=model)
        rows = np.asarray(examples.vectors)[:, : len(loaded.feature_names_)]
        answers: list[float] = fraud_probabilities(loaded, rows, self._workers).tolist()
        return answers

    def _ungrown(self, parameters: HyperParameters, features: FeatureSet) -> CatBoostClassifier:
        """A classifier before it has seen anything."""
        return CatBoostClassifier(
            iterations=parameters.iterations,
            depth=parameters.depth,
            learning_rate=parameters.learning_rate,
            l2_leaf_reg=parameters.l2_leaf_reg,
            class_weights=[1.0, parameters.fraud_weight],
            random_seed=parameters.seed,
            monotone_constraints=[feature.monotone for feature in features.features] if parameters.monotone else None,
            rsm=parameters.feature_share,
            loss_function="Logloss",
            thread_count=self._workers,
            allow_writing_files=False,
            logging_level="Silent",
        )


def _pool(examples: Sequence[Examples]) -> Pool:
    vectors = np.concatenate([np.asarray(table.vectors) for table in examples])
    labels = np.concatenate([np.asarray(table.labels) for table in examples])
    return Pool(vectors, labels, feature_names=list(_features(examples).names))


def _features(examples: Sequence[Examples]) -> FeatureSet:
    return FEATURE_SETS[examples[0].feature_set]


class _Iteration(Protocol):
    """What CatBoost tells of a tree it has grown."""

    iteration: int


class _Told:
    """Passes CatBoost's iterations on as a share."""

    def __init__(self, progress: Callable[[float], None], iterations: int) -> None:
        self._progress = progress
        self._iterations = iterations

    def after_iteration(self, info: _Iteration) -> bool:
        """Called by CatBoost after each tree; True lets it go on."""
        self._progress(info.iteration / self._iterations)
        return True


def _content(model: CatBoostClassifier) -> bytes:
    """The model file, without what differs between two runs."""
    metadata = model.get_metadata()
    for key in [key for key in metadata.keys() if key not in _KEPT_METADATA]:  # noqa: SIM118 - no mapping, just alike
        del metadata[key]
    with tempfile.TemporaryDirectory(prefix="upi-risk-") as folder:
        path = Path(folder) / "model.cbm"
        model.save_model(str(path))
        return path.read_bytes()
