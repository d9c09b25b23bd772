"""Labels: whom to believe, corrections, and files of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from tests.builders import NOON, SHOP, later
from tests.houses import MemoryHouse
from upi_risk.adapters.memory import MemoryLabels
from upi_risk.application.amend import AmendHistory
from upi_risk.application.import_labels import ImportLabels
from upi_risk.application.note import NoteAs
from upi_risk.application.record_label import Recorded, RecordLabel, ReportByPayer
from upi_risk.domain.errors import UnknownTransactionError
from upi_risk.domain.history import Change, Wanted
from upi_risk.domain.labels import FileLabel, Label, LabelSource, believed
from upi_risk.domain.payment import UpiId
from upi_risk.domain.transaction import Transaction

PAYER, ANALYST, CHARGEBACK = LabelSource


def says(source: LabelSource, *, fraud: bool, hours: float = 0) -> Label:
    return Label("UID-A", "T", source, fraud, later(hours=hours))


def test_a_chargeback_is_believed_before_an_analyst_before_the_payer_and_of_each_the_latest() -> None:
    labels = [
        says(PAYER, fraud=True, hours=9),
        says(ANALYST, fraud=True, hours=5),
        says(CHARGEBACK, fraud=True, hours=1),
        says(CHARGEBACK, fraud=False, hours=2),
    ]
    for order in permutations(labels):
        assert believed(order) == labels[3]
    assert believed(labels[:2]) == labels[1]
    assert believed([]) is None


@dataclass
class Labelling:
    """A house with labels."""

    house: MemoryHouse = field(default_factory=MemoryHouse)

    def __post_init__(self) -> None:
        house = self.house
        self.labels = MemoryLabels(house.store)
        self.record = RecordLabel(self.labels, house.history, house.report, house.amend, house.clock)
        self.report = ReportByPayer(self.labels, house.history, house.report, house.clock)
        self.file = ImportLabels(self.labels, self.record, NoteAs(house.note, house.clock, "operator:asha"))

    async def paid(self, user_id: str = "UID-A", receiver: str = SHOP) -> Transaction:
        user = self.house.store.users.get(user_id) or await self.house.a_user(user_id=user_id)
        return await self.house.answer(self.house.payment(user, receiver=receiver))

    async def say(self, paid: Transaction, source: LabelSource, *, fraud: bool, hours: float = 0) -> Recorded:
        payment = paid.payment
        return await self.record(Label(payment.user_id, payment.transaction_id, source, fraud, later(hours=hours)))

    def reported_at(self, paid: Transaction) -> datetime | None:
        held = self.house.store.transaction((paid.payment.user_id, paid.payment.transaction_id))
        assert held is not None
        return held.reported_at

    async def reports_against(self, receiver: str = SHOP) -> int:
        assert self.house.ledger is not None
        known = await self.house.ledger.load([Wanted("UID-NOBODY", UpiId(receiver))])
        return known.receivers[UpiId(receiver)].report_count


async def test_a_chargeback_is_a_report_that_the_receiver_pays_for() -> None:
    at = Labelling()
    paid = await at.paid()
    at.house.clock.advance(timedelta(days=3))
    assert await at.say(paid, CHARGEBACK, fraud=True, hours=5) is Recorded.APPLIED
    assert at.reported_at(paid) == later(days=3)
    assert [report.source for report in at.house.store.reports] == ["chargeback"]
    assert await at.reports_against() == 1


async def test_recording_again_changes_nothing() -> None:
    at = Labelling()
    paid = await at.paid()
    await at.say(paid, CHARGEBACK, fraud=True)
    before = at.reported_at(paid)
    at.house.clock.advance(timedelta(days=3))
    assert await at.say(paid, CHARGEBACK, fraud=True) is Recorded.KNOWN
    assert at.reported_at(paid) == before
    assert await at.reports_against() == 1


async def test_a_label_that_says_what_is_known_is_kept_and_the_first_report_stands() -> None:
    at = Labelling()
    paid = await at.paid()
    await at.report(paid.payment.user_id, paid.payment.transaction_id)
    first = at.reported_at(paid)
    at.house.clock.advance(timedelta(days=1))
    assert await at.say(paid, CHARGEBACK, fraud=True) is Recorded.CONFIRMED
    assert at.reported_at(paid) == first
    assert await at.reports_against() == 1
    assert len(await at.labels.of("UID-A", paid.payment.transaction_id)) == 2


async def test_an_analyst_clears_what_the_payer_reported_and_a_chargeback_brings_it_back() -> None:
    at = Labelling()
    paid = await at.paid()
    await at.report(paid.payment.user_id, paid.payment.transaction_id)
    assert await at.say(paid, ANALYST, fraud=False, hours=1) is Recorded.APPLIED
    assert at.reported_at(paid) is None
    assert at.house.store.reports == []
    assert await at.say(paid, CHARGEBACK, fraud=True, hours=2) is Recorded.APPLIED
    assert at.reported_at(paid) is not None
    assert {(label.source, label.fraud) for label in await at.labels.of("UID-A", paid.payment.transaction_id)} == {
        (PAYER, True),
        (ANALYST, False),
        (CHARGEBACK, True),
    }


async def test_who_is_believed_less_is_kept_and_changes_nothing() -> None:
    at = Labelling()
    paid = await at.paid()
    await at.say(paid, CHARGEBACK, fraud=True)
    assert await at.say(paid, ANALYST, fraud=False, hours=9) is Recorded.OVERRULED
    assert await at.say(paid, CHARGEBACK, fraud=False, hours=-1) is Recorded.OVERRULED
    assert at.reported_at(paid) is not None
    assert len(await at.labels.of("UID-A", paid.payment.transaction_id)) == 3


async def test_a_report_of_the_payer_after_an_analyst_cleared_it_is_kept_and_not_believed() -> None:
    """Red where a payer's report goes past the labels."""
    at = Labelling()
    paid = await at.paid()
    await at.say(paid, ANALYST, fraud=False)
    answer = await at.report("UID-A", paid.payment.transaction_id)
    assert answer.reported_at is None
    assert at.reported_at(paid) is None
    assert PAYER in {label.source for label in await at.labels.of("UID-A", paid.payment.transaction_id)}


async def test_a_good_payment_called_good_is_confirmed() -> None:
    at = Labelling()
    assert await at.say(await at.paid(), ANALYST, fraud=False) is Recorded.CONFIRMED


async def test_a_payment_that_another_cleared_meanwhile_is_cleared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at = Labelling()
    paid = await at.paid()
    await at.say(paid, ANALYST, fraud=True)
    amend = AmendHistory.__call__

    async def after_another(self: AmendHistory, wanted: Wanted, instant: datetime, event: object) -> Change:
        monkeypatch.setattr(AmendHistory, "__call__", amend)
        await at.record._clear(await held(), instant)
        return await amend(self, wanted, instant, event)  # type: ignore[arg-type]

    async def held() -> Transaction:
        found = await at.house.history.transaction("UID-A", paid.payment.transaction_id)
        assert found is not None
        return found

    monkeypatch.setattr(AmendHistory, "__call__", after_another)
    assert await at.say(paid, ANALYST, fraud=False, hours=1) is Recorded.APPLIED
    assert at.reported_at(paid) is None


async def test_a_payment_of_nobody_has_no_labels() -> None:
    at = Labelling()
    with pytest.raises(UnknownTransactionError):
        await at.record(says(ANALYST, fraud=True))
    await at.labels.add(says(ANALYST, fraud=False))
    with pytest.raises(UnknownTransactionError):
        await at.report("UID-A", "T")


async def test_a_file_is_recorded_in_its_order_and_may_be_imported_again() -> None:
    at = Labelling()
    one, two = await at.paid("UID-A"), await at.paid("UID-B")
    said = [
        FileLabel(one.payment.transaction_id, CHARGEBACK, fraud=True, at=NOON),
        FileLabel(two.payment.transaction_id, CHARGEBACK, fraud=True, at=NOON),
        FileLabel(two.payment.transaction_id, CHARGEBACK, fraud=False, at=later(hours=1)),
        FileLabel("nobody's", CHARGEBACK, fraud=True, at=NOON),
    ]
    done: list[int] = []
    imported = await at.file(said, done.append)
    assert imported.recorded[Recorded.APPLIED] == 3
    assert (imported.unknown, imported.examples) == (1, ("nobody's",))
    assert at.reported_at(one) is not None
    assert at.reported_at(two) is None
    assert done == [1, 2, 3, 4]
    again = await at.file(said, done.append)
    assert again.recorded[Recorded.KNOWN] == 3


async def test_a_file_is_noted_by_what_it_says_each_time() -> None:
    at = Labelling()
    said = [FileLabel("nobody's", CHARGEBACK, fraud=True, at=NOON)]
    for labels in (said, said, []):
        await at.file(labels, lambda _: None)
    entries = [record.entry async for record in at.house.audit.records()]
    assert [(entry.deed, entry.detail) for entry in entries] == [
        ("labels-imported", "1 labels"), ("labels-imported", "1 labels"), ("labels-imported", "0 labels"),
    ]  # fmt: skip
    assert entries[0].subject == entries[1].subject != entries[2].subject
