"""What every store of labels promises, and what ledgers do with reports that fell; see upi_risk.domain.labels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.builders import NOON, a_check, a_payee, a_report, a_user, later
from tests.contracts.stores import Stores
from upi_risk.adapters.memory import (
    MemoryHistory,
    MemoryLabels,
    MemoryLedger,
    MemoryPastChecks,
    MemoryStore,
    MemoryUsers,
)
from upi_risk.adapters.postgres.labels import PostgresLabels
from upi_risk.domain.draft import Draft
from upi_risk.domain.labels import Label, Labels, LabelSource
from upi_risk.domain.transaction import Transaction


@dataclass(frozen=True)
class House:
    labels: Labels
    stores: Stores

    async def checked(self, user_id: str = "UID-A") -> Transaction:
        user = a_user(user_id)
        await self.stores.users.add(user)
        change = a_check(user)
        await self.stores.apply(change)
        return change.added[0]

    async def reported(self, transaction: Transaction, source: str = "payer") -> Transaction:
        user = await self.stores.user(transaction.payment.user_id)
        assert user is not None
        change = a_report(user, transaction, a_payee(user.user_id), later(hours=1))
        (report,) = change.reports
        await self.stores.apply(replace(change, reports=(replace(report, source=source),)))
        return change.amended[0]

    async def cleared(self, transaction: Transaction) -> None:
        user = await self.stores.user(transaction.payment.user_id)
        assert user is not None
        draft = Draft.of(user)
        draft.clear(transaction.cleared(), user.instant(later(hours=2)))
        await self.stores.apply(draft.change())


@pytest.fixture(params=["memory", "postgres"])
def house(request: pytest.FixtureRequest) -> House:
    if request.param == "memory":
        store = MemoryStore()
        stores = Stores(MemoryUsers(store), MemoryLedger(store), MemoryHistory(store), MemoryPastChecks(store))
        return House(MemoryLabels(store), stores)
    engine = request.getfixturevalue("engine")
    return House(PostgresLabels(engine), Stores.in_postgres(engine))


def a_label(transaction: Transaction, source: LabelSource = LabelSource.ANALYST, **fields: object) -> Label:
    payment = transaction.payment
    label = Label(payment.user_id, payment.transaction_id, source, fraud=True, at=NOON)
    return replace(label, **fields)  # type: ignore[arg-type]


async def test_labels_are_kept_side_by_side_and_one_said_twice_is_kept_once(house: House) -> None:
    first, other = await house.checked("UID-A"), await house.checked("UID-B")
    said = [a_label(first), a_label(first, at=later(hours=1), fraud=False), a_label(first, LabelSource.CHARGEBACK)]
    for label in (*said, a_label(other), said[0], replace(said[0], fraud=False)):
        await house.labels.add(label)
    held = await house.labels.of("UID-A", first.payment.transaction_id)
    assert set(held) == set(said)
    assert len(held) == 3
    assert await house.labels.of("UID-A", other.payment.transaction_id) == []
    assert await house.labels.of("UID-A", "no uuid") == []


async def test_a_payer_s_report_is_a_label_and_another_s_is_not_taken_for_one(house: House) -> None:
    first, other = await house.checked("UID-A"), await house.checked("UID-B")
    reported = await house.reported(first)
    await house.reported(other, "chargeback")
    assert reported.reported_at is not None
    label = a_label(first, LabelSource.PAYER, at=reported.reported_at)
    await house.labels.add(label)
    assert await house.labels.of("UID-A", first.payment.transaction_id) == [label]
    assert await house.labels.of("UID-B", other.payment.transaction_id) == []


async def test_the_payers_of_transactions_are_found_without_their_names(house: House) -> None:
    first, other = await house.checked("UID-A"), await house.checked("UID-B")
    await house.checked("UID-C")
    wanted = [first.payment.transaction_id, other.payment.transaction_id, "00000000-0000-0000-0000-0000000000ff", "x"]
    assert await house.labels.payers(wanted) == {
        first.payment.transaction_id: "UID-A",
        other.payment.transaction_id: "UID-B",
    }


async def test_a_report_that_fell_is_gone_and_can_be_made_again(house: House) -> None:
    first = await house.checked("UID-A")
    reported = await house.reported(first)
    await house.cleared(reported)
    held = await house.stores.history.transaction("UID-A", first.payment.transaction_id)
    assert held is not None
    assert held.reported_at is None
    assert await house.labels.of("UID-A", first.payment.transaction_id) == []
    again = await house.reported(held)
    assert [label.at for label in await house.labels.of("UID-A", first.payment.transaction_id)] == [again.reported_at]


async def test_one_that_fell_leaves_the_others_standing(house: House) -> None:
    first, other = await house.checked("UID-A"), await house.checked("UID-B")
    reported = await house.reported(first)
    await house.reported(other)
    await house.cleared(reported)
    assert len(await house.labels.of("UID-B", other.payment.transaction_id)) == 1
