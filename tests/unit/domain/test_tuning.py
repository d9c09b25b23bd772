"""Candidates and the choice among them."""

from __future__ import annotations

import pickle

import numpy as np

from tests.learning import SMALL, some_examples
from upi_risk.domain.training import HyperParameters
from upi_risk.domain.tuning import Candidate, Tried, Tuning
from upi_risk.domain.validation import Fold


def candidate(depth: int, *figures: float) -> Candidate:
    return Candidate(
        HyperParameters(depth=depth), tuple(Tried(Fold("days", 9, 9, 1, 0.9, figure), 30) for figure in figures)
    )


def test_the_best_has_the_greatest_mean_average_precision_and_of_several_it_is_the_first() -> None:
    tuning = Tuning("grid", (candidate(2, 0.1, 0.3), candidate(3, 0.2, 0.6), candidate(4, 0.6, 0.2)))
    assert tuning.best.parameters.depth == 3
    assert [number for number, _ in tuning.ranked] == [2, 3, 1]
    assert (tuning.best.average_precision, tuning.best.auc) == (0.4, 0.9)
    assert str(tuning).startswith("The best of 3 candidates of a grid, by mean average precision (0.4000, AUC 0.9000)")
    assert "depth 3" in str(tuning)


def test_parameters_say_what_they_are() -> None:
    assert str(SMALL) == "30 trees of depth 3, learning rate 0.1, L2 3, frauds count 1, features 1, seed 7"


def test_examples_come_through_a_pickle_and_through_buffers_beside_it() -> None:
    examples = some_examples(100)
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(examples, protocol=5, buffer_callback=buffers.append)
    assert len(buffers) == 5
    assert len(content) < 1_000
    for copy in (pickle.loads(content, buffers=buffers), pickle.loads(pickle.dumps(examples, protocol=5))):  # noqa: S301
        for name in ("vectors", "labels", "days", "payers", "paise"):
            assert np.array_equal(getattr(copy, name), getattr(examples, name))
            assert getattr(copy, name).format == getattr(examples, name).format
        assert list(copy.patterns) == []


def test_rows_between_two_numbers_share_the_memory() -> None:
    examples = some_examples(100)
    part = examples.between(10, 30)
    assert part.rows == 20
    assert np.shares_memory(np.asarray(part.vectors), np.asarray(examples.vectors))
    assert examples.has_both_kinds
    assert not examples.between(0, 0).has_both_kinds
