"""Growing models: reproducible to the byte, and told how far it is."""

import hashlib
from dataclasses import replace

from tests.learning import SMALL, a_small_model, some_examples
from upi_risk.adapters.catboost.learner import CatBoostLearner


def digest(seed: int = 7, workers: int = 1) -> str:
    model = CatBoostLearner(workers).learn([some_examples()], replace(SMALL, seed=seed), lambda _: None)
    return hashlib.sha256(model).hexdigest()


def test_the_same_examples_and_seed_give_the_same_bytes_whatever_the_number_of_workers() -> None:
    assert digest() == digest() == digest(workers=2) == a_small_model()[1].sha256


def test_another_seed_gives_another_model() -> None:
    assert digest(seed=8) != digest(seed=7)


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
