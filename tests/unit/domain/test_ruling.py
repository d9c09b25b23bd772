"""What rules and lists make of the model's answer: precedence, and an answer whose parts agree."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, SHOP, a_payee, a_payment, a_phone, a_receiver, a_user, an_assessment, later
from upi_risk.domain.decision import DECISION_OF, Assessment, Decision, Factor, Level
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.lists import Kind, ListEntry, Lists, Side
from upi_risk.domain.person import IN_CLEAR
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.rules import FACTS, Compare, Rule, RuleBook
from upi_risk.domain.ruling import CERTAIN, UNSURE, RuleSet, RulesInForce, Ruling, numbers_of

ALLOW, VERIFY, BLOCK = Decision.ALLOW, Decision.VERIFY, Decision.BLOCK
RANK = {ALLOW: 0, VERIFY: 1, BLOCK: 2}
POLICY = RiskPolicy()
ALWAYS = Compare("amount", "over", 0)


def a_rule(decision: Decision, *, hard: bool = False, code: str = "a_rule") -> Rule:
    return Rule(code, "A rule fired", decision, ALWAYS, hard)


def an_entry(side: Side, kind: Kind = Kind.RECEIVER, subject: str = SHOP) -> ListEntry:
    return ListEntry(side, kind, subject, "why", "asha", NOON)


def a_ruling(*rules: Rule, entries: tuple[ListEntry, ...] = ()) -> Ruling:
    return Ruling(RuleSet("3.7", RuleBook("test", rules), Lists.of(entries)), POLICY)


def judged(ruling: Ruling, said: Assessment, *, by_model: bool = True) -> Assessment:
    user = a_user()
    payment = a_payment(user.user_id, at=later(seconds=1))
    vector = EXTENDED_SET.vector(user, a_payee(user.user_id), a_receiver(), payment.amount_paise, payment.at)
    return ruling.judge(payment, user, vector, said, by_model=by_model)


def test_where_nothing_fires_the_answer_is_the_models() -> None:
    said = an_assessment()
    assert judged(a_ruling(), said) is said
    assert a_ruling().version == "3.7"


@pytest.mark.parametrize(
    ("said", "rule", "decision"),
    [
        (ALLOW, VERIFY, VERIFY),
        (ALLOW, BLOCK, BLOCK),
        (VERIFY, VERIFY, VERIFY),
        (VERIFY, BLOCK, BLOCK),
        (BLOCK, VERIFY, BLOCK),
        (BLOCK, BLOCK, BLOCK),
    ],
)
def test_a_rule_raises_and_never_lowers(said: Decision, rule: Decision, decision: Decision) -> None:
    answer = judged(a_ruling(a_rule(rule)), an_assessment(said))
    assert answer.decision is decision
    assert answer.factors[0] == Factor("a_rule", "A rule fired", 0.0)


def test_an_allow_list_lowers_what_the_model_or_a_rule_would_verify() -> None:
    """Removed: the lowering; the answer stays VERIFY."""
    allowed = a_ruling(entries=(an_entry(Side.ALLOW),))
    answer = judged(allowed, an_assessment(VERIFY))
    assert (answer.decision, answer.level, answer.score, answer.model_score) == (ALLOW, Level.LOW, 0.3499, 0.5)
    assert answer.factors[0] == Factor("allow_list", "This receiver was cleared by an analyst", 0.0)
    assert answer.confidence == CERTAIN
    raised = a_ruling(a_rule(VERIFY), entries=(an_entry(Side.ALLOW),))
    assert judged(raised, an_assessment(ALLOW)).decision is ALLOW
    assert judged(raised, an_assessment(ALLOW)).confidence == 0.96


@pytest.mark.parametrize(
    "ruling",
    [
        a_ruling(a_rule(VERIFY, hard=True), entries=(an_entry(Side.ALLOW),)),
        a_ruling(a_rule(BLOCK), entries=(an_entry(Side.ALLOW),)),
        a_ruling(entries=(an_entry(Side.ALLOW), an_entry(Side.BLOCK, Kind.HANDLE, "okbank"))),
    ],
)
def test_an_allow_list_overrules_no_hard_rule_no_block_and_no_block_list(ruling: Ruling) -> None:
    """Removed: hard rules and block lists after the allow list; the answers were ALLOW."""
    answer = judged(ruling, an_assessment(VERIFY))
    assert RANK[answer.decision] >= RANK[VERIFY]
    assert not any(factor.code == "allow_list" for factor in answer.factors)


def test_an_allow_list_lowers_no_block_of_the_model() -> None:
    assert judged(a_ruling(entries=(an_entry(Side.ALLOW),)), an_assessment(BLOCK)).decision is BLOCK


def test_an_allow_list_does_not_lower_what_our_own_failure_raised() -> None:
    """Removed: the condition on the model; a payment it had not seen was allowed."""
    allowed = a_ruling(entries=(an_entry(Side.ALLOW),))
    assert judged(allowed, an_assessment(VERIFY), by_model=False).decision is VERIFY


@pytest.mark.parametrize(
    ("kind", "subject", "text"),
    [
        (Kind.RECEIVER, SHOP, "This receiver is blocked"),
        (Kind.HANDLE, "okbank", "Receivers of this provider are blocked"),
    ],
)
def test_a_block_list_blocks(kind: Kind, subject: str, text: str) -> None:
    answer = judged(a_ruling(entries=(an_entry(Side.BLOCK, kind, subject),)), an_assessment(ALLOW))
    assert (answer.decision, answer.level, answer.score, answer.confidence) == (BLOCK, Level.HIGH, 0.6501, CERTAIN)
    assert answer.factors[0] == Factor("block_list", text, 0.0)


def test_nothing_is_simply_allowed_before_rules_are_known() -> None:
    """Removed: the floor; the block list that nobody could read let the payment pass."""
    in_force = RulesInForce(POLICY)
    versions = [in_force.version]
    answer = judged(in_force.ruling, an_assessment(ALLOW))
    assert (answer.decision, answer.confidence, answer.factors[0].code) == (VERIFY, UNSURE, "rules_unavailable")
    assert judged(in_force.ruling, an_assessment(BLOCK)).decision is BLOCK
    in_force.swap(RuleSet("0.0", RuleBook("none", ()), Lists.of([])))
    assert [*versions, in_force.version] == [None, "0.0"]
    assert judged(in_force.ruling, an_assessment(ALLOW)).decision is ALLOW


@given(
    st.sampled_from([ALLOW, VERIFY, BLOCK]),
    st.lists(st.tuples(st.sampled_from([VERIFY, BLOCK]), st.booleans()), max_size=3),
    st.lists(st.sampled_from(list(Side)), max_size=2),
    st.booleans(),
)
def test_the_parts_of_an_answer_agree_and_the_models_score_is_kept(
    said: Decision, fired: list[tuple[Decision, bool]], sides: list[Side], by_model: bool
) -> None:
    before = an_assessment(said)
    rules = [a_rule(decision, hard=hard, code=f"rule_{number}") for number, (decision, hard) in enumerate(fired)]
    after = a_ruling().conclude(before, rules, [an_entry(side) for side in sides], by_model=by_model)
    assert after.decision is DECISION_OF[after.level]
    assert POLICY.level(after.score) is after.level
    assert (after.score if after.model_score is None else after.model_score) == before.score
    assert {rule.code for rule in rules} <= {factor.code for factor in after.factors}
    assert 0.5 <= after.confidence <= 1
    if after.decision is said:
        assert (after.score, after.confidence) == (before.score, before.confidence)


def test_factors_of_a_raised_answer_begin_with_what_decided_and_leave_out_what_spoke_for_it() -> None:
    rules = (a_rule(VERIFY, code="first"), a_rule(BLOCK, code="second"))
    answer = judged(a_ruling(*rules), an_assessment(ALLOW))
    assert [factor.code for factor in answer.factors] == ["second", "first", "amount"]
    assert answer.confidence == UNSURE


def test_the_numbers_are_the_features_and_what_is_made_of_them() -> None:
    user = a_user(phone_key=a_phone(876543210))
    for minutes in (0, 10):
        user = user.settled(300_55, later(minutes=minutes), fresh=True)
    payment = a_payment(user.user_id, "9876543210@ybl", 100_10, at=later(minutes=20))
    vector = EXTENDED_SET.vector(user, a_payee(user.user_id), a_receiver(), payment.amount_paise, payment.at)
    numbers = dict(zip(FACTS, numbers_of(vector, payment, user, 0.25), strict=True))
    assert tuple(numbers.values())[: len(vector)] == vector
    assert (numbers["day_total"], numbers["day_count"], numbers["score"]) == (701.2, 3, 0.25)
    assert numbers["is_own_number"] == 1
    assert len(numbers_of(vector[:14], payment, user, 0.25)) == len(FACTS)


@pytest.mark.parametrize(
    ("receiver", "own"),
    [
        ("9876543210@ybl", True),
        ("9876543210-2@ybl", True),
        ("98765432101@ybl", False),
        ("9876543211@ybl", False),
        ("a9876543210@ybl", False),
    ],
)
def test_a_name_that_is_the_payers_phone_is_their_own(receiver: str, own: bool) -> None:
    assert IN_CLEAR.own(receiver, "+919876543210") is own


def test_a_level_s_nearest_score_is_in_the_level() -> None:
    for level, score in product(Level, (0.0, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)):
        nearest = POLICY.nearest(score, level)
        assert POLICY.level(nearest) is level
        assert nearest == score or POLICY.level(score) is not level
