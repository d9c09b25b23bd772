"""Deciding a page of columns again is deciding one payment after the other; and the figures add up."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, a_payment, a_phone, a_user, an_assessment
from tests.doubles import AmountScorer
from upi_risk.adapters.memory import MemoryPastDecisions, MemoryStore
from upi_risk.adapters.numpy.retrial import NumpyRetrial
from upi_risk.adapters.polars.changed_rows import ChangedFile
from upi_risk.application.backtest import Backtest, Period
from upi_risk.domain.backtest import DECISIONS, BacktestFigures, Outcome
from upi_risk.domain.decision import DECISION_OF, Decision
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.features import NAMES
from upi_risk.domain.lists import Kind, ListEntry, Lists, Side
from upi_risk.domain.policy import SANDBOX, RiskPolicy
from upi_risk.domain.rules import DEEPEST, FACTS, AllOf, AnyOf, Compare, Condition, NotThat, Rule, RuleBook, depth
from upi_risk.domain.ruling import RuleSet, Ruling
from upi_risk.domain.transaction import Status, Transaction

ALLOW, VERIFY, BLOCK = Decision.ALLOW, Decision.VERIFY, Decision.BLOCK
USER = a_user("UID-1", phone_key=a_phone(876543210))
POLICY = RiskPolicy(medium_from=0.3, high_above=0.6)
NO_RULES = RuleSet("0.0", RuleBook("none", ()), Lists.of([]))

comparisons = st.builds(
    Compare,
    st.sampled_from(("amount", "day_total", "day_count", "is_own_number", "score", "user_count_1h", "receiver_payers")),
    st.sampled_from(("over", "at_least", "under", "at_most", "equals")),
    st.sampled_from((0.0, 0.3, 1.0, 2.0, 3.0, 100.0)),
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    comparisons,
    lambda inner: (
        st.builds(NotThat, inner)
        | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
        | st.builds(AllOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=6,
).filter(lambda condition: depth(condition) <= DEEPEST)
books = st.lists(st.tuples(conditions, st.sampled_from((VERIFY, BLOCK)), st.booleans()), max_size=3).map(
    lambda rules: RuleBook(
        "b", tuple(Rule(f"rule_{n}", "t", what, when, hard) for n, (when, what, hard) in enumerate(rules))
    )
)
entries = st.builds(
    lambda side, named, until: ListEntry(side, named[0], named[1], "r", "a", NOON - timedelta(hours=1), until),
    st.sampled_from(Side),
    st.sampled_from(
        (
            (Kind.HANDLE, "ybl"),
            (Kind.HANDLE, "okbank"),
            (Kind.RECEIVER, "shop@okbank"),
            (Kind.RECEIVER, "low@test"),
            (Kind.USER, USER.user_id),
            (Kind.USER, "UID-ELSE"),
        )
    ),
    st.sampled_from((None, NOON, NOON + timedelta(hours=1))),
)
receivers = st.sampled_from(("shop@okbank", "9876543210@ybl", "low@test"))


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    vector = [float(draw(st.integers(0, 3))) for _ in EXTENDED_SET.names]
    paise = draw(st.sampled_from((1_00, 50_01, 100_00)))
    vector[FACTS.index("amount")] = paise / 100
    payment = a_payment(USER.user_id, draw(receivers), paise)
    score = draw(st.sampled_from((0.0, 0.2999, 0.3, 0.35, 0.5, 0.6, 0.61, 0.65, 0.9)))
    decision = DECISION_OF[RiskPolicy().level(score)]
    by_rules = draw(st.booleans())
    by_table = payment.receiver in SANDBOX
    said = an_assessment(
        decision,
        score=score,
        policy_version="p1+rules" if by_rules and not by_table else "p1",
        probability=None if by_rules or by_table else 0.1,
    )
    return Transaction.decided(payment, tuple(vector), said)


def one_by_one(row: Transaction, rules: RuleSet) -> Decision:
    """The decision as the service would take it."""
    said = row.assessment
    if row.payment.receiver in SANDBOX:
        return said.decision
    by_model = not said.policy_version.endswith("+rules")
    level = (POLICY if by_model else RiskPolicy()).level(said.score)
    said = an_assessment(DECISION_OF[level], score=said.score)
    return Ruling(rules, POLICY).judge(row.payment, USER, row.features, said, by_model=by_model).decision


def a_past(rows: Sequence[Transaction]) -> MemoryPastDecisions:
    store = MemoryStore()
    store.users[USER.user_id] = USER
    store.transactions[USER.user_id] = {row.payment.transaction_id: row for row in rows}
    return MemoryPastDecisions(store)


async def figures_of(rows: Sequence[Transaction], retrial: NumpyRetrial, **more: Any) -> BacktestFigures:  # noqa: ANN401
    return await Backtest(a_past(rows))(more.pop("period", Period()), retrial, more.pop("sink", None), lambda *_: None)


@given(st.lists(transactions(), min_size=1, max_size=6), books, st.lists(entries, max_size=2))
async def test_a_page_is_decided_as_one_payment_after_the_other(
    rows: list[Transaction], book: RuleBook, listed: list[ListEntry]
) -> None:
    rules = RuleSet("1.1", book, Lists.of(listed))
    retrial = NumpyRetrial(POLICY, rules)
    decided: dict[str, Decision] = {row.payment.transaction_id: row.assessment.decision for row in rows}
    async for page in a_past(rows).read(None, None, retrial.facts, names=True):
        _, changed = retrial(page)
        for place, decision in zip(changed.places, changed.decisions, strict=True):
            assert page.names is not None
            decided[page.names.transaction_ids[place]] = DECISIONS[decision]
    assert decided == {row.payment.transaction_id: one_by_one(row, rules) for row in rows}


def a_row(
    decision: Decision, score: float, outcome: Outcome, paise: int, vector: tuple[float, ...] = ()
) -> Transaction:
    payment = a_payment(USER.user_id, amount_paise=paise)
    features = vector or tuple(paise / 100 if name == "amount" else 0.0 for name in EXTENDED_SET.names)
    row = Transaction.decided(payment, features, an_assessment(decision, score=score))
    settled = NOON if outcome is not Outcome.UNKNOWN else None
    reported = NOON if outcome is Outcome.FRAUD else None
    return Transaction(payment, row.features, row.assessment, Status.SETTLED, settled, reported)


ROWS = (
    a_row(ALLOW, 0.10, Outcome.GOOD, 100),
    a_row(ALLOW, 0.32, Outcome.GOOD, 200),
    a_row(ALLOW, 0.33, Outcome.FRAUD, 4_000),
    a_row(ALLOW, 0.01, Outcome.FRAUD, 1_000),
    a_row(VERIFY, 0.62, Outcome.GOOD, 700),
    a_row(VERIFY, 0.40, Outcome.FRAUD, 5_000),
    a_row(BLOCK, 0.90, Outcome.UNKNOWN, 9_000),
)


async def test_the_figures_before_and_after_are_those_of_the_payments() -> None:
    figures = await figures_of(ROWS, NumpyRetrial(POLICY, NO_RULES))
    before, after = figures.before, figures.after
    assert figures.rows == 7
    assert (before.precision, before.recall, before.recall_by_value) == (1 / 2, 1 / 3, 5_000 / 10_000)
    assert (after.precision, after.recall, after.recall_by_value) == (2 / 4, 2 / 3, 9_000 / 10_000)
    assert (before.good_stopped, after.good_stopped) == (0, 1)
    assert (before.good_asked, after.good_asked) == (1, 1)
    assert (before.missed_paise, after.missed_paise) == (5_000, 1_000)
    assert figures.moves == {(ALLOW, VERIFY): 2, (VERIFY, BLOCK): 1}


async def test_without_known_outcomes_there_are_no_shares() -> None:
    side = (await figures_of(ROWS[-1:], NumpyRetrial(POLICY, NO_RULES))).after
    assert (side.precision, side.recall, side.recall_by_value) == (None, None, None)


async def test_a_rule_is_counted_and_so_is_where_it_could_not_be_asked() -> None:
    book = RuleBook("b", (Rule("any_day", "t", BLOCK, NotThat(Compare("day_count", "over", 5))),))
    short = a_row(ALLOW, 0.1, Outcome.GOOD, 100, (0.0,) * len(NAMES))
    figures = await figures_of([*ROWS, short], NumpyRetrial(RiskPolicy(), RuleSet("1.0", book, Lists.of([]))))
    assert (figures.fired["any_day"], figures.unjudged["any_day"]) == (7, 1)
    assert figures.after.counts[ALLOW, Outcome.GOOD] == 1


async def test_another_model_scores_what_has_its_features_and_a_page_at_a_time() -> None:
    rows = [a_row(ALLOW, 0.1, Outcome.GOOD, 4_000_00) for _ in range(120)]
    short = a_row(ALLOW, 0.1, Outcome.GOOD, 100, (0.0,) * 3)
    scorer = AmountScorer()
    figures = await figures_of([*rows, short], NumpyRetrial(RiskPolicy(), NO_RULES, scorer))
    assert figures.moves == {(ALLOW, VERIFY): 120}
    assert figures.not_rescored == 1
    assert sum(scorer.batches) == 120


async def test_only_the_period_is_taken_again_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    later = Period(NOON + timedelta(days=1), None)
    assert (await figures_of(ROWS, NumpyRetrial(POLICY, NO_RULES), period=later)).rows == 0
    await Backtest(a_past(ROWS))(Period(), NumpyRetrial(POLICY, NO_RULES), None, lambda *done: told.append(done))
    assert told == [(7, 7)]


@pytest.mark.parametrize("name", ["changed.csv", "changed.parquet"])
async def test_the_rows_that_change_are_put_down(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    await figures_of(ROWS, NumpyRetrial(POLICY, NO_RULES), sink=ChangedFile(path))
    frame = pl.read_parquet(path) if name.endswith("parquet") else pl.read_csv(path)
    assert frame["decision"].to_list() == ["ALLOW", "ALLOW", "VERIFY"]
    assert frame["new_decision"].to_list() == ["VERIFY", "VERIFY", "BLOCK"]
    assert frame["outcome"].to_list() == ["good", "fraud", "good"]
    assert frame["new_score"].to_list() == [0.32, 0.33, 0.62]
    assert os.listdir(tmp_path) == [name]  # noqa: PTH208 - nothing waits for it


async def test_where_nothing_changes_the_file_is_empty(tmp_path: Path) -> None:
    await figures_of(ROWS, NumpyRetrial(RiskPolicy(), NO_RULES), sink=ChangedFile(tmp_path / "changed.csv"))
    assert pl.read_csv(tmp_path / "changed.csv").height == 0
