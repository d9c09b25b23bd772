"""Models that a scorer does not take into service."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostError, Pool

from tests.learning import a_small_model, scorer_of, some_examples
from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.catboost.scorer import described
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.features import NAMES


def grown(names: tuple[str, ...] = NAMES, **options: Any) -> CatBoostClassifier:  # noqa: ANN401 - CatBoost's
    examples = some_examples(300)
    model = CatBoostClassifier(iterations=3, depth=3, logging_level="Silent", allow_writing_files=False, **options)
    model.fit(Pool(np.asarray(examples.vectors), np.asarray(examples.labels), feature_names=list(names)))
    return model


def test_a_model_of_other_features_is_refused() -> None:
    with pytest.raises(ModelRejectedError, match="does not take the features"):
        scorer_of(grown(NAMES[::-1]), a_small_model()[1])


def test_a_model_of_unsymmetric_trees_is_refused() -> None:
    with pytest.raises(ModelRejectedError, match="not made of symmetric trees"):
        scorer_of(grown(grow_policy="Depthwise"), a_small_model()[1])


def without_numbers(model: CatBoostClassifier) -> CatBoostClassifier:
    model.set_leaf_values(np.full(len(model.get_leaf_values()), math.nan))
    return model


def test_a_model_whose_leaves_are_no_numbers_cannot_be_told_of() -> None:
    with pytest.raises(CatBoostError, match="nan"):
        described(without_numbers(grown()))


def test_the_process_that_serves_reads_no_model_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when it loads what its child survived: 1 of 1,000 damaged models crashed the parent alone."""

    def crash(*_: object, **__: object) -> None:
        raise AssertionError

    model, card = a_small_model(3)
    monkeypatch.setattr(CatBoostClassifier, "load_model", crash)
    scores = open_scorer(model, card).score([canary.vector for canary in card.canaries])
    assert [scored.probability for scored in scores] == pytest.approx([canary.probability for canary in card.canaries])
