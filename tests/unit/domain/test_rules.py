"""The language of rules: what can be said, and that it means the same for one payment and for columns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import InvalidRulesError
from upi_risk.domain.rules import (
    DEEPEST,
    FACTS,
    LONGEST_TEXT,
    MOST_CONDITIONS,
    MOST_RULES,
    OPERATORS,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    NotThat,
    Rule,
    RuleBook,
    depth,
)

LARGE = Compare("amount", "over", 1000)
AT_NIGHT = Compare("hour_of_day", "under", 6)

comparisons = st.builds(
    Compare, st.sampled_from(FACTS), st.sampled_from(sorted(OPERATORS)), st.integers(-1, 3).map(float)
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    comparisons,
    lambda inner: (
        st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(NotThat, inner)
    ),
    max_leaves=6,
)
rows = st.lists(
    st.lists(st.integers(-1, 3).map(float), min_size=len(FACTS), max_size=len(FACTS)), min_size=1, max_size=4
)


def a_rule(
    code: str = "too_much", decision: Decision = Decision.VERIFY, when: Condition = LARGE, **more: object
) -> Rule:
    return Rule(code, str(more.get("text", "Too much")), decision, when, bool(more.get("hard")))


def test_the_facts_are_the_features_and_four_more() -> None:
    assert FACTS[0] == "login_count"
    assert FACTS[-4:] == ("day_total", "day_count", "is_own_number", "score")
    assert len(set(FACTS)) == len(FACTS)


@given(conditions, rows)
def test_a_condition_is_the_same_for_one_payment_and_for_columns(
    condition: Condition, table: list[list[float]]
) -> None:
    columns = np.array(table).T
    alone = [condition.compile()(row) for row in table]
    assert np.asarray(condition.over(columns)).tolist() == alone


def test_all_any_and_not_mean_what_they_say() -> None:
    def holds(condition: Condition, amount: float, hour: float) -> bool:
        numbers = [0.0] * len(FACTS)
        numbers[FACTS.index("amount")], numbers[FACTS.index("hour_of_day")] = amount, hour
        return condition.compile()(numbers)

    both, either = AllOf((LARGE, AT_NIGHT)), AnyOf((LARGE, AT_NIGHT))
    assert [holds(both, *case) for case in ((2000, 3), (2000, 12), (10, 3), (10, 12))] == [True, False, False, False]
    assert [holds(either, *case) for case in ((2000, 3), (2000, 12), (10, 3), (10, 12))] == [True, True, True, False]
    assert holds(NotThat(either), 10, 12)
    assert not holds(NotThat(either), 10, 3)


@pytest.mark.parametrize(
    ("fact", "operator", "value", "said"),
    [
        ("__class__", "over", 1.0, "There is no fact '__class__'"),
        ("amount", "__call__", 1.0, "There is no comparison '__call__'"),
        ("amount", "over", float("nan"), "amount is compared with nan"),
    ],
)
def test_a_comparison_outside_the_closed_lists_is_refused(fact: str, operator: str, value: float, said: str) -> None:
    with pytest.raises(InvalidRulesError, match=said):
        Compare(fact, operator, value)


@pytest.mark.parametrize("code", ["", "ab", "Large", "1st", "a" * 41, "a b"])
def test_a_code_is_a_stable_name(code: str) -> None:
    with pytest.raises(InvalidRulesError, match="The code"):
        a_rule(code)


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "x" * (LONGEST_TEXT + 1)])
def test_a_text_is_one_line(text: str) -> None:
    with pytest.raises(InvalidRulesError, match="too_much: the text"):
        a_rule(text=text)


def test_a_rule_never_allows() -> None:
    with pytest.raises(InvalidRulesError, match="VERIFY or BLOCK"):
        a_rule(decision=Decision.ALLOW)


def test_conditions_are_nested_so_deep_and_no_deeper() -> None:
    condition: Condition = LARGE
    for _ in range(DEEPEST - 1):
        condition = NotThat(condition)
    assert depth(condition) == DEEPEST
    a_rule(when=condition)
    with pytest.raises(InvalidRulesError, match="nested"):
        a_rule(when=NotThat(condition))


def test_a_book_has_no_code_twice_and_an_end() -> None:
    with pytest.raises(InvalidRulesError, match="used twice: too_much"):
        RuleBook("twice", (a_rule(), a_rule()))
    RuleBook("full", tuple(a_rule(f"rule_{number}") for number in range(MOST_RULES)))
    with pytest.raises(InvalidRulesError, match="at most"):
        RuleBook("over", tuple(a_rule(f"rule_{number}") for number in range(MOST_RULES + 1)))
    with pytest.raises(InvalidRulesError, match="at most"):
        RuleBook("long", (a_rule(when=AllOf((LARGE,) * MOST_CONDITIONS)),))


def test_a_book_knows_which_facts_it_reads() -> None:
    near = RuleBook("near", (a_rule(when=AllOf((LARGE, Compare("score", "over", 0.2)))),))
    assert near.facts == {"amount", "score"}
    assert (near.wide, near.to_the_hour) == (False, False)
    of_payer = RuleBook("payer", (a_rule(when=Compare("day_total", "over", 1)),))
    assert (of_payer.wide, of_payer.to_the_hour) == (True, False)
    of_receiver = RuleBook("receiver", (a_rule(when=NotThat(Compare("receiver_count_1h", "over", 1))),))
    assert (of_receiver.wide, of_receiver.to_the_hour) == (True, True)
    reputation = RuleBook("reputation", (a_rule(when=Compare("receiver_reputation", "under", 0.5)),))
    assert (reputation.wide, reputation.to_the_hour) == (False, False)
