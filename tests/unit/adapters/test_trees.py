"""Contributions from the table are the SHAP values that CatBoost works out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, Pool

from tests.learning import some_examples, some_vectors
from upi_risk.adapters.catboost.scorer import exported
from upi_risk.adapters.catboost.trees import Trees
from upi_risk.domain.features import NAMES


def grown(depth: int, **options: Any) -> CatBoostClassifier:  # noqa: ANN401 - CatBoost's
    examples = some_examples(1_000)
    vectors, labels = np.asarray(examples.vectors), np.asarray(examples.labels)
    model = CatBoostClassifier(
        **({"iterations": 40, "random_seed": 1} | options),
        depth=depth,
        logging_level="Silent",
        allow_writing_files=False,
    )
    model.fit(Pool(vectors, labels, feature_names=list(NAMES)))
    return model


def distance(model: CatBoostClassifier) -> float:
    """The largest difference between the table's contributions and CatBoost's."""
    rows = np.array(some_vectors(200, seed=11), dtype=np.float32) * 2
    trees = Trees(exported(model), len(NAMES))
    ours = np.array(trees.contributions(trees.leaves(rows)))
    theirs = model.get_feature_importance(Pool(rows, feature_names=list(NAMES)), type="ShapValues", thread_count=1)
    return float(abs(ours - theirs[:, :-1]).max())


@pytest.mark.parametrize("depth", [1, 2, 6])
def test_they_equal_catboosts_own(depth: int) -> None:
    assert distance(grown(depth)) < 1e-10


def test_splits_of_one_tree_on_one_feature_are_one_player() -> None:
    model = grown(6, rsm=0.1)
    trees = exported(model)["oblivious_trees"]
    features = [[split["float_feature_index"] for split in tree["splits"] or []] for tree in trees]
    assert any(len(set(tree)) < len(tree) for tree in features)
    assert distance(model) < 1e-10


def test_a_tree_without_a_split_is_filled_up_and_takes_no_part() -> None:
    model = grown(6, rsm=0.1)
    assert any(tree["splits"] is None for tree in exported(model)["oblivious_trees"])
    assert distance(model) < 1e-10


def test_leaves_that_no_training_row_reached_take_no_part() -> None:
    document = exported(grown(2, iterations=1))
    tree = document["oblivious_trees"][0]
    tree["leaf_weights"], tree["leaf_values"] = [10.0, 0.0, 30.0, 0.0], [1.0, 0.0, 2.0, 0.0]
    trees = Trees(document, len(NAMES))
    parts = trees.contributions(trees.leaves(np.array(some_vectors(50), dtype=np.float32)))
    assert np.isfinite(np.array(parts)).all()
