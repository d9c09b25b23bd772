"""Growing models: reproducible to the byte, and told how far it is."""

import hashlib
from dataclasses import replace

from tests.learning import SMALL, a_small_model, some_examples
from upi_risk.adapters.catboost.learner import CatBoostLearner


def digest(seed: int = 7, workers: int = 1) -> str:
    model = CatBoostLearner(workers).learn([some_examples()], replace(SMALL, seed=seed), lambda _: None)
    return hashlib.sha256(model).hexdigest()


def grown(workers: int = 1, **given: float) -> str:
    model = CatBoostLearner(workers).learn([some_examples()], replace(SMALL, **given), lambda _: None)  # type: ignore[arg-type]
    return hashlib.sha256(model).hexdigest()


def test_the_same_examples_and_seed_give_the_same_bytes_whatever_the_number_of_workers() -> None:
    assert digest() == digest() == digest(workers=2) == a_small_model()[1].sha256


def test_another_seed_gives_another_model() -> None:
    assert digest(seed=8) != digest(seed=7)


def test_parameters_that_are_not_given_change_nothing_and_those_that_are_do() -> None:
    plain = digest()
    assert grown(l2_leaf_reg=3.0, fraud_weight=1.0) == plain
    assert len({plain, grown(l2_leaf_reg=30.0), grown(fraud_weight=5.0)}) == 3
    assert grown(fraud_weight=5.0, workers=2) == grown(fraud_weight=5.0)


def test_the_trees_needed_are_those_that_foretell_later_payments_best() -> None:
    parameters = replace(SMALL, iterations=400, depth=6, early_stopping=10)
    learned, later, told = some_examples(400, 1), some_examples(400, 2), list[float]()
    trees = CatBoostLearner(1).trees_needed([learned], [later], parameters, told.append)
    assert 1 <= trees <= len(told) - 10 < 390
    assert trees == CatBoostLearner(2).trees_needed([learned], [later], parameters, lambda _: None)
    assert told == [(tree + 1) / 400 for tree in range(len(told))]


def test_tables_taken_together_are_one_table() -> None:
    learner, told = CatBoostLearner(1), list[float]()
    model = learner.learn([some_examples(500, 1), some_examples(700, 2)], SMALL, told.append)
    assert len(learner.probabilities(model, some_examples(50))) == 50
    assert told == [(tree + 1) / SMALL.iterations for tree in range(SMALL.iterations)]


def test_the_model_says_nothing_of_when_and_where_it_was_grown() -> None:
    model, _ = a_small_model()
    assert not any(word in model for word in (b"train_finish_time", b"model_guid", b"thread_count", b"train_dir"))


def test_the_libraries_are_named_with_their_versions() -> None:
    assert [name for name, _ in CatBoostLearner(1).libraries] == ["python", "catboost", "numpy", "polars"]
