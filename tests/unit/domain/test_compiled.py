"""The compiled features are the defined ones, to the last bit."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upi_risk.domain.compiled import compiled
from upi_risk.domain.feature_sets import FEATURE_SETS, FeatureSet
from upi_risk.domain.features import Algebra, Feature, Numbers

SETS = sorted(FEATURE_SETS.values(), key=lambda each: each.name)


def defined(features: tuple[Feature, ...], facts: object) -> tuple[Any, ...]:
    return tuple(feature.compute(facts, Numbers()) for feature in features)


def like(facts: Any, numbers: Any) -> Any:  # noqa: ANN401 - nested named tuples, refilled
    if not isinstance(facts, tuple):
        return next(numbers)
    inner = [like(held, numbers) for held in facts]
    return facts._make(inner) if hasattr(facts, "_make") else tuple(inner)


@pytest.mark.parametrize("features", SETS, ids=lambda each: each.name)
@given(data=st.data())
def test_any_facts_give_what_the_definitions_give(features: FeatureSet, data: st.DataObject) -> None:
    numbers = st.one_of(st.integers(-1, 3), st.integers(0, 60), st.integers(0, 10**9), st.just(2**51))
    draws = iter(lambda: data.draw(numbers), None)
    facts = like(features._probes()[1], draws)
    try:
        expected = defined(features.features, facts)
    except (ValueError, ZeroDivisionError) as error:
        with pytest.raises(type(error)):
            features.of(facts)
        return
    assert repr(features.of(facts)) == repr(expected)


class Pair(NamedTuple):
    left: int
    right: int


def feature(name: str, compute: Any) -> Feature:  # noqa: ANN401 - a definition
    return Feature(name, "", compute)


def test_every_operation_is_taken_over() -> None:
    def all_of(f: Pair, m: Algebra) -> Any:  # noqa: ANN401 - a number or a symbol
        some = (1 + f.left) * 2 - f.right / 3 + 7 % (f.left + 1) + f.right // 2
        both = (f.left < 3) & (f.right <= 4) | (f.left > f.right) & (f.left >= 5)
        return m.where(both, m.root(m.greatest(some, 0)), m.least(some, f.left == f.right) - 1)

    features = (feature("all", all_of), feature("one", lambda f, _: f.left * 1.0), feature("fixed", lambda *_: 2.5))
    function = compiled(features, Pair(0, 0))
    for left in range(7):
        for right in range(7):
            assert function(Pair(left, right)) == defined(features, Pair(left, right))


def test_another_definition_gives_another_function() -> None:
    before = compiled((feature("a", lambda f, _: f.left + f.right),), Pair(0, 0))
    after = compiled((feature("a", lambda f, _: f.left - f.right),), Pair(0, 0))
    assert (before(Pair(3, 2)), after(Pair(3, 2))) == ((5,), (1,))


def test_equal_numbers_of_different_kinds_stay_apart() -> None:
    features = (feature("whole", lambda f, _: f.left + 1), feature("part", lambda f, _: f.left + 1.0))
    assert repr(compiled(features, Pair(0, 0))(Pair(1, 1))) == "(2, 2.0)"


def test_a_definition_that_branches_in_python_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Algebra\.where"):
        compiled((feature("a", lambda f, _: 1 if f.left else 2),), Pair(0, 0))
