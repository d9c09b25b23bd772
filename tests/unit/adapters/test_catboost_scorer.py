"""Models that a scorer does not take into service."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, Pool

from tests.learning import a_small_model, some_examples
from upi_risk.adapters.catboost.scorer import CatBoostScorer
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.features import NAMES


def grown(names: tuple[str, ...] = NAMES, **options: Any) -> CatBoostClassifier:  # noqa: ANN401 - CatBoost's
    examples = some_examples(300)
    model = CatBoostClassifier(iterations=3, depth=3, logging_level="Silent", allow_writing_files=False, **options)
    model.fit(Pool(np.asarray(examples.vectors), np.asarray(examples.labels), feature_names=list(names)))
    return model


def test_a_model_of_other_features_is_refused() -> None:
    with pytest.raises(ModelRejectedError, match="does not take the features"):
        CatBoostScorer(grown(NAMES[::-1]), a_small_model()[1])


def test_a_model_of_unsymmetric_trees_is_refused() -> None:
    with pytest.raises(ModelRejectedError, match="not made of symmetric trees"):
        CatBoostScorer(grown(grow_policy="Depthwise"), a_small_model()[1])


def without_numbers(model: CatBoostClassifier) -> CatBoostClassifier:
    model.set_leaf_values(np.full(len(model.get_leaf_values()), math.nan))
    return model


def test_a_model_whose_leaves_are_no_numbers_is_refused() -> None:
    with pytest.raises(ModelRejectedError, match="symmetric trees over numbers"):
        CatBoostScorer(without_numbers(grown()), a_small_model()[1])
