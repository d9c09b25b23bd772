"""What every search for parameters promises; see upi_risk.domain.tuning.Search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from upi_risk.adapters.optuna.search import TpeSearch
from upi_risk.domain.training import HyperParameters
from upi_risk.domain.tuning import LIMITS, SPACE, GridSearch, Search, TuningOrder

BASE = HyperParameters(seed=11, early_stopping=20)
NARROW = TuningOrder(trials=11, values={"depth": (3.0, 5.0), "iterations": (100.0, 400.0)})
Begin = Callable[[TuningOrder, HyperParameters], Search]


@pytest.fixture(params=[GridSearch, TpeSearch], ids=["grid", "optuna"])
def begin(request: pytest.FixtureRequest) -> Begin:
    made: Begin = request.param
    return made


def worth(parameters: HyperParameters) -> float:
    return 1 / (1 + abs(parameters.depth - 4) + parameters.learning_rate)


def whole(begin: Begin, base: HyperParameters = BASE) -> list[HyperParameters]:
    """Every candidate, each round asked of a new search that is told the past."""
    past: list[tuple[HyperParameters, float]] = []
    while asked := begin(NARROW, base).ask(past):
        past += [(one, worth(one)) for one in asked]
    return [one for one, _ in past]


def test_the_same_past_gives_the_same_candidates_and_there_are_as_many_as_told(begin: Begin) -> None:
    candidates = whole(begin)
    assert candidates == whole(begin)
    assert len(candidates) == begin(NARROW, BASE).total


def test_what_is_not_varied_stays_and_the_rest_is_within_limits(begin: Begin) -> None:
    for candidate in whole(begin):
        assert (candidate.seed, candidate.early_stopping) == (11, 20)
        assert isinstance(candidate.depth, int)
        assert isinstance(candidate.iterations, int)
        assert all(low <= getattr(candidate, name) <= high for name, (low, high) in LIMITS.items())


def test_a_grid_is_every_combination_in_one_round() -> None:
    values = {"depth": (3.0, 5.0), "iterations": (9.0,), "learning_rate": (0.1, 0.2), "l2_leaf_reg": (3.0,)}
    search = GridSearch(TuningOrder(values={**values, "fraud_weight": (2.0,), "feature_share": (1.0,)}), BASE)
    expected = [
        replace(
            BASE, depth=depth, iterations=9, learning_rate=rate, l2_leaf_reg=3.0, fraud_weight=2.0, feature_share=1.0
        )
        for depth in (3, 5)
        for rate in (0.1, 0.2)
    ]
    assert sorted(search.ask([]), key=str) == sorted(expected, key=str)
    assert GridSearch(TuningOrder(), BASE).total == 32


def test_a_search_begins_with_what_would_be_grown_without_it_and_keeps_to_its_ranges() -> None:
    first, *others = whole(TpeSearch)
    assert first == BASE
    assert all(3 <= one.depth <= 5 and 100 <= one.iterations <= 400 for one in others)
    low, high = SPACE["learning_rate"]
    assert all(low <= one.learning_rate <= high for one in others)
    assert len(set(others)) > 5


def test_another_seed_searches_elsewhere() -> None:
    assert whole(TpeSearch, replace(BASE, seed=12))[1:] != whole(TpeSearch)[1:]
