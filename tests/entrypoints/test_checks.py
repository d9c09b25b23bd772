"""Asking how risky a payment is."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from tests.entrypoints.service import Account, Service, check, problem


@pytest.mark.parametrize("prefix", ["", "/v1"])
async def test_a_check_answers_in_the_guides_shape(client: httpx.AsyncClient, asha: Account, prefix: str) -> None:
    body = {"user_id": asha.user_id, "receiver_upi": "merchant@upi", "amount": 5000.0}
    answer = await client.post(f"{prefix}/check-transaction", json=body, headers=asha.headers)
    assert answer.status_code == 200
    told = answer.json()
    transaction_id = told.pop("transaction_id")
    assert told == {
        "risk_level": "MEDIUM",
        "risk_score_numeric": 0.5,
        "factors": ["No earlier payment to compare the amount with"],
        "decision": "VERIFY",
        "confidence": 0.6,
    }
    assert answer.headers["location"] == f"/transactions/{transaction_id}"
    assert "idempotent-replayed" not in answer.headers
    held = await client.get(answer.headers["location"], headers=asha.headers)
    assert held.json()["transaction_id"] == transaction_id


@pytest.mark.parametrize(
    ("receiver", "level", "decision"),
    [("low@test", "LOW", "ALLOW"), ("Medium@Test", "MEDIUM", "VERIFY"), ("high@test", "HIGH", "BLOCK")],
)
async def test_a_sandbox_receiver_always_gets_its_level(
    client: httpx.AsyncClient, asha: Account, receiver: str, level: str, decision: str
) -> None:
    for amount in (1, 9_999):
        told = (await check(client, asha, receiver=receiver, amount=amount)).json()
        assert (told["risk_level"], told["decision"]) == (level, decision)


async def test_a_retry_with_the_same_key_gets_the_stored_answer(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    first = await check(client, asha, key="pay-1")
    before = service.saved()
    service.clock.advance(timedelta(seconds=2))
    for again in (
        await check(client, asha, key="pay-1"),
        await check(client, asha, receiver=" SHOP@okbank ", amount=5e2, key="pay-1"),
        await check(client, asha, extra={"transaction_id": "pay-1"}),
        await check(client, asha, key="pay-1", extra={"transaction_id": "other"}),
    ):
        assert again.status_code == 200
        assert again.content == first.content
        assert again.headers["idempotent-replayed"] == "true"
        assert again.headers["location"] == first.headers["location"]
    assert service.saved() == before


async def test_a_key_with_another_payment_is_refused(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    await check(client, asha, key="pay-1")
    before = service.saved()
    problem(await check(client, asha, amount=501, key="pay-1"), 422, "idempotency-key-reused")
    problem(await check(client, asha, receiver="other@okbank", key="pay-1"), 422, "idempotency-key-reused")
    assert service.saved() == before


async def test_two_users_may_use_the_same_key(service: Service, client: httpx.AsyncClient, asha: Account) -> None:
    ravi = await service.sign_up(client)
    mine, theirs = await check(client, asha, key="pay-1"), await check(client, ravi, key="pay-1")
    assert mine.json()["transaction_id"] != theirs.json()["transaction_id"]
    assert "idempotent-replayed" not in theirs.headers


async def test_twenty_retries_at_once_are_one_payment(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    answers = await asyncio.gather(*(check(client, asha, key="pay-1") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len(service.store.transactions[asha.user_id]) == 1


async def test_fifty_checks_at_once_are_fifty_payments(
    service: Service, client: httpx.AsyncClient, asha: Account
) -> None:
    answers = await asyncio.gather(*(check(client, asha) for _ in range(50)))
    assert len({answer.json()["transaction_id"] for answer in answers}) == 50
    assert service.store.users[asha.user_id].transaction_count == 50


@pytest.mark.parametrize("spelling", ["10", "10.0", "1e1", "10.00", "1.0E+1", "0.1e2", "10.000000000000000000000000"])
async def test_ten_rupees_are_ten_rupees_in_every_spelling(
    service: Service, client: httpx.AsyncClient, asha: Account, spelling: str
) -> None:
    body = f'{{"user_id": "{asha.user_id}", "receiver_upi": "shop@okbank", "amount": {spelling} }}'
    headers = asha.headers | {"Content-Type": "application/json; charset=utf-8"}
    answer = await client.post("/check-transaction", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["risk_score_numeric"] == 0.001
    assert service.store.transactions[asha.user_id][answer.json()["transaction_id"]].payment.amount_paise == 1000


@pytest.mark.parametrize(("amount", "paise"), [("0.01", 1), ("1000000", 100_000_000), ("1000000.00", 100_000_000),
                                               ("0.29", 29), ("4.35", 435), ("999999.99", 99_999_999)])  # fmt: skip
async def test_every_paisa_up_to_the_limit_is_kept_exactly(
    service: Service, client: httpx.AsyncClient, asha: Account, amount: str, paise: int
) -> None:
    body = f'{{"user_id": "{asha.user_id}", "receiver_upi": "shop@okbank", "amount": {amount}}}'
    headers = asha.headers | {"Content-Type": "application/json"}
    answer = await client.post("/check-transaction", content=body, headers=headers)
    assert answer.status_code == 200
    held = service.store.transactions[asha.user_id][answer.json()["transaction_id"]]
    assert held.payment.amount_paise == paise
    shown = await client.get(answer.headers["location"], headers=asha.headers)
    assert shown.json()["amount"] == float(amount)


async def test_a_upi_id_is_the_same_in_upper_case(service: Service, client: httpx.AsyncClient, asha: Account) -> None:
    await check(client, asha, receiver="Shop.One@OkBank")
    await check(client, asha, receiver="shop.one@okbank")
    assert list(service.store.receivers) == ["shop.one@okbank"]
