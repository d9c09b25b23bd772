"""A body that names a field twice: two readers might take different ones."""

from __future__ import annotations

import httpx
import pytest

from tests.entrypoints.service import Account, Service, problem

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ('"amount": 1, "amount": 900000', "amount"),
        ('"amount": 1, "\\u0061mount": 900000', "amount"),
        ('"\\u0061mount": 1, "\\u0061\\u006dount": 2', "amount"),
        ('"amount": 1, "receiver_upi": "a.b@ok", "receiver_upi": "a.b@ok"', "receiver_upi"),
        ('"amount": 1, "user_id": "UID-SOMEBODY"', "user_id"),
    ],
)
async def test_a_field_named_twice_is_refused_however_it_is_spelt(
    service: Service, client: httpx.AsyncClient, asha: Account, members: str, field: str
) -> None:
    before = service.saved()
    body = f'{{"user_id": "{asha.user_id}", "receiver_upi": "shop@okbank", {members}}}'
    told = problem(
        await client.post("/check-transaction", content=body, headers=asha.headers | JSON), 422, "validation-failed"
    )
    assert {"field": field, "code": "duplicate_field"} in told["errors"]
    assert service.saved() == before


async def test_a_value_that_looks_like_a_name_is_none(client: httpx.AsyncClient) -> None:
    for number, name in enumerate(('"name"', '"\\u0061\\"phone\\""')):
        body = f'{{"name": {name}, "phone": "987654321{number}"}}'
        assert (await client.post("/signup", content=body, headers=JSON)).status_code == 201


async def test_a_number_of_many_digits_is_told_apart_from_a_name_twice(
    client: httpx.AsyncClient, asha: Account
) -> None:
    body = f'{{"user_id": "{asha.user_id}", "receiver_upi": "sh\\u006fp@okbank", "amount": {"9" * 6000}}}'
    told = await client.post("/check-transaction", content=body, headers=asha.headers | JSON)
    assert problem(told, 422, "validation-failed")["errors"] == [{"field": "amount", "code": "too_large"}]
