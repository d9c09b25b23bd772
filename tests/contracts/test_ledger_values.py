"""Whatever the domain allows is read back from every ledger as it was committed."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings

from tests import strategies
from tests.builders import (
    a_user,
    later,
)
from tests.contracts.stores import Stores
from upi_risk.domain.history import Change, Wanted
from upi_risk.domain.payment import Phone
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User

ANY_DATABASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
"""Each example brings users of its own, so that all may share one store."""


@ANY_DATABASE
@given(user=strategies.users())
async def test_any_user_is_read_back_as_committed(stores: Stores, user: User) -> None:
    fresh = a_user()
    user = replace(user, user_id=fresh.user_id, phone_key=fresh.phone_key)
    await stores.users.add(user)
    assert await stores.user(user.user_id) == user
    assert await stores.users.by_phone(Phone(user.phone_key)) == user
    moved = replace(user, version=user.version + 1, track=user.track.settled(later(days=3000)))
    await stores.apply(Change(moved, user.version))
    assert await stores.user(user.user_id) == moved


@ANY_DATABASE
@given(transaction=strategies.transactions(), payee=strategies.payees())
async def test_any_transaction_and_pair_are_read_back_as_committed(
    stores: Stores, transaction: Transaction, payee: Payee
) -> None:
    user = a_user()
    await stores.users.add(user)
    payment = replace(transaction.payment, user_id=user.user_id)
    transaction, payee = replace(transaction, payment=payment), replace(payee, user_id=user.user_id)

    await stores.apply(Change(user.checked(payment.at), user.version, payees=(payee,), added=(transaction,)))

    assert await stores.history.transaction(user.user_id, payment.transaction_id) == transaction
    assert await stores.payee(user.user_id, payee.receiver) == payee
    wanted = Wanted(user.user_id, None, payment.idempotency_key, payment.transaction_id)
    snapshot = await stores.ledger.load([wanted])
    assert {*snapshot.answers.values(), *snapshot.transactions.values()} == {transaction}
