"""Callers are recognised together, and each is answered about payments of their own alone."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.houses import MemoryHouse
from tests.unit.application.ledgers import CountingLedger
from upi_risk.adapters.memory import MemoryRateLimiter, MemoryStore
from upi_risk.application.check_for_callers import Asked, CheckForCallers
from upi_risk.domain.errors import ForbiddenError, RateLimitedError, StoreUnavailableError, UnauthenticatedError
from upi_risk.domain.rate_limit import Ask
from upi_risk.domain.session import Session
from upi_risk.domain.transaction import Transaction


async def signed_up(house: MemoryHouse, phone: str) -> tuple[str, str]:
    user, tokens = await house.sign_up("Asha Rao", phone)
    return user.user_id, tokens.access


async def test_each_is_answered_in_order_about_their_own_payments_alone() -> None:
    house = MemoryHouse()
    asha, her_token = await signed_up(house, "9876543210")
    ravi, his_token = await signed_up(house, "9876543211")
    asked = [
        Asked(her_token, house.payment(asha, 100)),
        Asked("upa_never", house.payment(asha, 200)),
        Asked(his_token, house.payment(asha, 300)),
        Asked(his_token, house.payment("UID-NOBODY", 400)),
        Asked(his_token, house.payment(ravi, 500)),
        Asked(her_token, house.payment(asha, 600)),
    ]
    answers = await CheckForCallers(house.authenticate, house.check)(asked)
    assert [type(answer) for answer in answers] == [
        Transaction, UnauthenticatedError, ForbiddenError, ForbiddenError, Transaction, Transaction,
    ]  # fmt: skip
    told = [answer.payment.amount_paise for answer in answers if isinstance(answer, Transaction)]
    assert told == [100_00, 500_00, 600_00]
    assert {user: len(held) for user, held in house.store.transactions.items() if held} == {asha: 2, ravi: 1}


async def test_a_batch_without_a_recognised_caller_decides_nothing() -> None:
    house = MemoryHouse()
    (answer,) = await CheckForCallers(house.authenticate, house.check)([Asked("upa_never", house.payment("UID-A"))])
    assert isinstance(answer, UnauthenticatedError)


async def test_all_tokens_of_a_batch_are_one_call_of_the_store() -> None:
    house = MemoryHouse()
    calls: list[int] = []
    find = house.sessions.find

    async def counting(token_digests: Sequence[bytes]) -> list[Session | None]:
        calls.append(len(token_digests))
        return await find(token_digests)

    house.sessions.find = counting  # type: ignore[method-assign]
    user_id, token = await signed_up(house, "9876543210")
    await CheckForCallers(house.authenticate, house.check)([Asked(token, house.payment(user_id, n)) for n in (1, 2, 3)])
    assert calls == [3]


async def test_a_store_that_fails_answers_nobody() -> None:
    house = MemoryHouse(ledger=(ledger := CountingLedger(store := MemoryStore())), store=store)
    user_id, token = await signed_up(house, "9876543210")
    ledger.down = True
    with pytest.raises(StoreUnavailableError):
        await CheckForCallers(house.authenticate, house.check)([Asked(token, house.payment(user_id))])


async def test_one_over_the_limit_is_told_so_whoever_they_are_and_is_not_decided() -> None:
    house = MemoryHouse()
    user_id, token = await signed_up(house, "9876543210")
    check = CheckForCallers(house.authenticate, house.check, MemoryRateLimiter(house.clock))
    twice = Ask("minute 192.0.2.1", 2, 60)
    tokens = (token, "upa_never", token, "upa_never")
    answers = await check([Asked(each, house.payment(user_id), twice) for each in tokens])
    assert [type(answer) for answer in answers] == [
        Transaction, UnauthenticatedError, RateLimitedError, RateLimitedError,
    ]  # fmt: skip
    assert isinstance(answers[2], RateLimitedError)
    assert (answers[2].ask, answers[2].verdict.retry_after_seconds) == (twice, 60)
    assert len(house.store.transactions[user_id]) == 1
    (free, refused) = await check([Asked(token, house.payment(user_id)), Asked(token, house.payment(user_id), twice)])
    assert (type(free), type(refused)) == (Transaction, RateLimitedError)


async def test_who_may_not_ask_costs_the_ledger_nothing() -> None:
    """Red when payments are loaded, not only looked for near at hand, before it is known whose they are."""
    house = MemoryHouse(ledger=(ledger := CountingLedger(store := MemoryStore())), store=store)
    user_id, _ = await signed_up(house, "9876543210")
    await CheckForCallers(house.authenticate, house.check)([Asked("upa_never", house.payment(user_id))])
    assert ledger.loads == 0
