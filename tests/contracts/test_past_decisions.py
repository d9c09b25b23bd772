"""What every store of past decisions promises; see upi_risk.domain.backtest.PastDecisions."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.builders import NOON, a_payment, a_phone, a_user, an_assessment, later
from tests.contracts.stores import PHONES, Stores
from upi_risk.adapters.memory import MemoryHistory, MemoryPastDecisions
from upi_risk.adapters.postgres.past_decisions import PostgresPastDecisions
from upi_risk.domain.backtest import DECISIONS, OUTCOMES, VOICES, Column, Names, Outcome, PastDecisions, Voice
from upi_risk.domain.decision import Decision
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.history import Change
from upi_risk.domain.transaction import Transaction

WIDE = tuple(float(place) for place in range(len(EXTENDED_SET.names)))
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAYER = a_user("UID-PAYER", phone_key=a_phone(876543210))


@pytest.fixture
def past(stores: Stores, request: pytest.FixtureRequest) -> PastDecisions:
    if isinstance(stores.history, MemoryHistory):
        return MemoryPastDecisions(stores.history._store, PHONES)
    return PostgresPastDecisions(request.getfixturevalue("engine"), PHONES)


def decided(number: int, decision: Decision, receiver: str = "shop@okbank", **more: Any) -> Transaction:  # noqa: ANN401 - fields of the answer
    payment = a_payment(PAYER.user_id, receiver, 100_00 + number, at=later(minutes=number))
    vector = more.pop("vector", WIDE)
    return Transaction.decided(payment, vector, an_assessment(decision, **more))


async def a_past(stores: Stores, *transactions: Transaction) -> None:
    await stores.users.add(PAYER)
    user = PAYER
    for transaction in transactions:
        user = user.checked(transaction.payment.at)
    assert await stores.ledger.commit([Change(user, PAYER.version, added=transactions)]) == [True]


async def everything(
    past: PastDecisions, *facts: str, first: datetime | None = None, end: datetime | None = None, names: bool = False
) -> dict[datetime, dict[str, Any]]:
    """The rows by instant, with their columns and facts; None where a fact is not a number."""
    found: dict[datetime, dict[str, Any]] = {}
    async for page in past.read(first, end, facts, names=names):
        columns: dict[str, Column] = {"amount_paise": page.amount_paise, "scores": page.scores, **page.facts}
        if page.names is not None:
            columns |= {name: getattr(page.names, name) for name in Names.__dataclass_fields__}
        for place, at in enumerate(page.at):
            row = {name: None if column[place] != column[place] else column[place] for name, column in columns.items()}
            row["decisions"] = DECISIONS[page.decisions[place]]
            row["voices"], row["outcomes"] = VOICES[page.voices[place]], OUTCOMES[page.outcomes[place]]
            found[EPOCH + timedelta(microseconds=int(at))] = row
    return found


async def test_a_decision_is_told_with_the_models_score_who_spoke_and_how_it_turned_out(
    stores: Stores, past: PastDecisions
) -> None:
    blocked = decided(2, Decision.BLOCK, model_score=0.125)
    rows = (
        decided(0, Decision.ALLOW),
        decided(1, Decision.VERIFY),
        blocked,
        decided(3, Decision.ALLOW).reported(later(days=1)),
        decided(4, Decision.VERIFY, policy_version="p1+rules", probability=None),
        decided(5, Decision.BLOCK, "high@test", probability=None),
        decided(6, Decision.ALLOW, probability=None),
    )
    await a_past(stores, *rows)
    assert await past.count(None, None) == len(rows)
    found = await everything(past, names=True)
    told = [found[row.payment.at] for row in rows]
    assert [row["outcomes"] for row in told] == [
        Outcome.GOOD, Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.FRAUD, Outcome.UNKNOWN, Outcome.UNKNOWN, Outcome.GOOD,
    ]  # fmt: skip
    assert [row["voices"] for row in told] == [Voice.MODEL] * 4 + [Voice.RULES, Voice.TABLE, Voice.MODEL]
    assert [row["scores"] for row in told] == [0.125, 0.5, 0.125, 0.125, 0.5, 0.875, 0.125]
    assert [row["decisions"] for row in told] == [row.assessment.decision for row in rows]
    assert told[2]["transaction_ids"] == blocked.payment.transaction_id
    assert (told[2]["user_ids"], told[2]["receivers"], told[2]["amount_paise"]) == (
        PAYER.user_id,
        "shop@okbank",
        100_02,
    )


async def test_only_the_period_is_told(stores: Stores, past: PastDecisions) -> None:
    await a_past(stores, *(decided(number, Decision.ALLOW) for number in range(4)))
    first, end = later(minutes=1), later(minutes=3)
    assert sorted(await everything(past, first=first, end=end)) == [later(minutes=1), later(minutes=2)]
    assert await past.count(first, end) == 2
    assert await everything(past, first=later(days=1)) == {}


async def test_facts_are_those_of_the_stored_vector_and_none_where_it_is_too_short(
    stores: Stores, past: PastDecisions
) -> None:
    await a_past(stores, decided(0, Decision.ALLOW), decided(1, Decision.ALLOW, vector=WIDE[:14]))
    found = await everything(past, "amount", "user_sum_24h")
    place = EXTENDED_SET.names.index("user_sum_24h")
    assert [found[at]["amount"] for at in sorted(found)] == [4.0, 4.0]
    assert [found[at]["user_sum_24h"] for at in sorted(found)] == [float(place), None]


async def test_the_payers_own_number_is_known_and_names_come_only_if_wanted(
    stores: Stores, past: PastDecisions
) -> None:
    receivers = ("9876543210@ybl", "9876543210-1@ybl", "98765432101@ybl", "shop@okbank", f"{'a' * 190}@{'b' * 64}")
    await a_past(stores, *(decided(number, Decision.ALLOW, receiver) for number, receiver in enumerate(receivers)))
    found = await everything(past, "is_own_number", "amount", names=True)
    assert [found[at]["is_own_number"] for at in sorted(found)] == [1.0, 1.0, 0.0, 0.0, 0.0]
    assert [found[at]["receivers"] for at in sorted(found)] == list(receivers)
    assert {page.names async for page in past.read(None, None, (), names=False)} == {None}


async def test_more_than_a_page_is_told_once_each(
    stores: Stores, past: PastDecisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upi_risk.adapters.postgres.past_decisions.PAGE", 40)
    await a_past(stores, *(decided(number, Decision.ALLOW) for number in range(120)))
    pages = [page async for page in past.read(NOON, None, (), names=True)]
    assert len(pages) > 1
    ids = [transaction_id for page in pages if page.names for transaction_id in page.names.transaction_ids]
    assert len(ids) == len(set(ids)) == 120


async def test_a_reading_that_is_ended_early_leaves_the_store_as_it_was(
    stores: Stores, past: PastDecisions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("upi_risk.adapters.postgres.past_decisions.PAGE", 10)
    await a_past(stores, *(decided(number, Decision.ALLOW) for number in range(120)))
    async with aclosing(past.read(None, None, (), names=False)) as pages:
        async for _ in pages:
            break
    assert await past.count(None, None) == 120
