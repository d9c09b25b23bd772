"""What is remembered of receivers between payments changes no fact, and is bounded."""

from __future__ import annotations

import pytest

from tests.builders import NOON, a_user, later
from upi_risk.domain import wide_facts
from upi_risk.domain.payment import UpiId
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.user import Payee


def test_receivers_are_remembered_by_themselves_and_not_beyond_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wide_facts, "_MOST_SIDES", 2)
    wide_facts._sides.clear()
    user = a_user()
    names = [UpiId(f"shop{number}@upi") for number in range(4)]
    for name in names:
        wide_facts.wide_facts_of(user, Payee(user.user_id, name), Receiver(name), 100, later(hours=2))
    assert list(wide_facts._sides) == names[-2:]


def test_another_state_or_another_hour_is_not_taken_for_the_one_remembered() -> None:
    wide_facts._sides.clear()
    user, name = a_user(), UpiId("shop@upi")
    payee, empty = Payee(user.user_id, name), Receiver(name)
    paid = empty.plus(ReceiverDelta.settled(name, 100_00, NOON, fresh=True))
    facts = [
        wide_facts.wide_facts_of(user, payee, receiver, 100, at)
        for receiver, at in (
            (empty, later(hours=2)),
            (paid, later(hours=2)),
            (paid, later(days=3)),
            (empty, later(days=3)),
        )
    ]
    assert [one.receiver.day.count for one in facts] == [0, 1, 0, 0]
