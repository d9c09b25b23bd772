"""What every history promises; see upi_risk.domain.ports.History."""

from __future__ import annotations

import pytest

from tests.builders import NOON, a_check, a_payment, a_transaction, a_user, later
from tests.contracts.stores import Stores
from upi_risk.domain.history import Change
from upi_risk.domain.indian_time import MICROSECOND
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User


async def _checked(stores: Stores, *seconds: int) -> tuple[User, list[Transaction]]:
    """A user who asked at these seconds after noon; the transactions are as decided."""
    user = a_user()
    await stores.users.add(user)
    added = [a_transaction(a_payment(user.user_id, at=later(seconds=second))) for second in seconds]
    after = user.moved(later(seconds=3600))
    await stores.apply(Change(after, user.version, added=tuple(added)))
    return after, added


async def test_a_transaction_is_found_by_its_id(stores: Stores) -> None:
    user, (_, second) = await _checked(stores, 1, 2)
    assert await stores.history.transaction(user.user_id, second.payment.transaction_id) == second


async def test_an_unknown_transaction_is_none(stores: Stores) -> None:
    assert await stores.history.transaction("UID-NOBODY", a_payment("").transaction_id) is None


@pytest.mark.parametrize("change", [str.upper, lambda text: text.replace("-", ""), lambda text: text + " ", len])
async def test_an_id_in_another_spelling_is_none(stores: Stores, change: type[str]) -> None:
    user = a_user()
    await stores.users.add(user)
    transaction_id = "0198a3d0-0000-7000-8000-00000000000a"
    await stores.apply(a_check(user, transaction_id=transaction_id))
    assert await stores.history.transaction(user.user_id, str(change(transaction_id))) is None
    assert await stores.history.transaction(user.user_id, transaction_id) is not None


async def test_another_users_transaction_is_none(stores: Stores) -> None:
    _, (transaction,) = await _checked(stores, 1)
    other, _ = await _checked(stores, 1)
    assert await stores.history.transaction(other.user_id, transaction.payment.transaction_id) is None


async def test_two_users_may_have_a_transaction_of_the_same_id(stores: Stores) -> None:
    for _ in range(2):
        user = a_user()
        await stores.users.add(user)
        change = a_check(user, transaction_id="0198a3d0-0000-7000-8000-000000000000")
        await stores.apply(change)
        assert await stores.history.page(user.user_id, None, 2) == list(change.added)


async def test_a_user_without_transactions_has_an_empty_page(stores: Stores) -> None:
    assert await stores.history.page("UID-NOBODY", None, 10) == []


async def test_a_page_holds_only_the_users_own_newest_first(stores: Stores) -> None:
    user, added = await _checked(stores, 3, 1, 2)
    await _checked(stores, 4)
    newest_first = sorted(added, key=lambda transaction: transaction.payment.at, reverse=True)
    assert await stores.history.page(user.user_id, None, 10) == newest_first


async def test_a_page_holds_at_most_as_many_as_asked_for(stores: Stores) -> None:
    user, added = await _checked(stores, 1, 2, 3)
    assert await stores.history.page(user.user_id, None, 2) == [added[2], added[1]]


async def test_a_page_before_an_instant_excludes_that_instant(stores: Stores) -> None:
    user, added = await _checked(stores, 1, 2, 3)
    assert await stores.history.page(user.user_id, added[1].payment.at, 10) == [added[0]]
    assert await stores.history.page(user.user_id, added[1].payment.at + MICROSECOND, 10) == [added[1], added[0]]
    assert await stores.history.page(user.user_id, NOON, 10) == []


async def test_pages_one_after_the_other_hold_everything_once(stores: Stores) -> None:
    user, added = await _checked(stores, *range(7))
    seen: list[Transaction] = []
    before = None
    while page := await stores.history.page(user.user_id, before, 3):
        seen += page
        before = page[-1].payment.at
    assert seen == added[::-1]
