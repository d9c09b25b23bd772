"""What every store of past checks promises; see upi_risk.domain.collecting.PastChecks."""

from __future__ import annotations

from datetime import datetime

from tests.builders import NOON, SHOP, a_payment, a_report, a_transaction, a_user, later
from tests.contracts.stores import Stores
from upi_risk.domain.collecting import PastCheck
from upi_risk.domain.decision import Decision
from upi_risk.domain.history import Change
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee


async def _checked(stores: Stores, user_id: str, *seconds: int, decision: Decision = Decision.ALLOW) -> Transaction:
    """A user who asked at these seconds after noon; the last transaction."""
    user = a_user(user_id)
    await stores.users.add(user)
    added = [a_transaction(a_payment(user_id, at=later(seconds=second)), decision) for second in seconds]
    await stores.apply(Change(user.moved(later(hours=1)), user.version, added=tuple(added)))
    return added[-1]


async def _read(stores: Stores, first: datetime | None, end: datetime) -> list[PastCheck]:
    found = [check async for page in stores.past.read(first, end) for check in page]
    assert await stores.past.count(first, end) == len(found)
    return found


async def test_checks_of_everybody_come_by_instant_and_then_by_user(stores: Stores) -> None:
    await _checked(stores, "UID-B", 1, 3)
    await _checked(stores, "UID-A", 3, 2)
    found = await _read(stores, None, later(hours=1))
    assert [(check.user_id, check.at) for check in found] == [
        ("UID-B", later(seconds=1)),
        ("UID-A", later(seconds=2)),
        ("UID-A", later(seconds=3)),
        ("UID-B", later(seconds=3)),
    ]


async def test_the_first_instant_is_in_and_the_end_is_not(stores: Stores) -> None:
    await _checked(stores, "UID-A", 1, 2, 3)
    found = await _read(stores, later(seconds=2), later(seconds=3))
    assert [check.at for check in found] == [later(seconds=2)]
    assert await _read(stores, later(seconds=4), later(hours=1)) == []


async def test_a_check_says_what_was_asked_and_answered_and_what_became_of_it(stores: Stores) -> None:
    transaction = await _checked(stores, "UID-A", 7)
    user = await stores.user("UID-A")
    assert user is not None
    payee = Payee("UID-A", SHOP, 1, NOON)
    await stores.apply(a_report(user, transaction, payee, at=later(hours=2)))
    (found,) = await _read(stores, None, later(hours=1))
    assert found == PastCheck(
        at=later(seconds=7),
        user_id="UID-A",
        receiver=SHOP,
        amount_paise=500_00,
        settled_at=later(seconds=7),
        reported_at=later(hours=2),
        signed_up_at=NOON,
        features=transaction.features,
        score=transaction.assessment.score,
        decision="ALLOW",
        model_version="v1.0",
        probability=0.0125,
    )


async def test_an_answer_that_kept_no_probability_has_none(stores: Stores) -> None:
    await stores.users.add(user := a_user())
    unkept = a_transaction(a_payment(user.user_id, at=later(seconds=1)), probability=None)
    await stores.apply(Change(user.moved(later(hours=1)), user.version, added=(unkept,)))
    (found,) = await _read(stores, None, later(hours=1))
    assert found.probability is None


async def test_what_never_happened_has_no_settlement_and_no_report(stores: Stores) -> None:
    await _checked(stores, "UID-A", 1, decision=Decision.BLOCK)
    (found,) = await _read(stores, None, later(hours=1))
    assert (found.decision, found.settled_at, found.reported_at) == ("BLOCK", None, None)


async def test_pages_together_are_everything_once(stores: Stores) -> None:
    await _checked(stores, "UID-A", *range(5_003))
    found = await _read(stores, None, later(hours=2))
    assert [check.at for check in found] == [later(seconds=second) for second in range(5_003)]


async def test_who_stops_reading_keeps_nothing_open(stores: Stores) -> None:
    await _checked(stores, "UID-A", *range(5_003))
    for _ in range(25):  # more than there are connections
        pages = stores.past.read(None, later(hours=2))
        assert await anext(pages)
        await pages.aclose()
