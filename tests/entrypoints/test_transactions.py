"""One's own payments: lists, outcomes, reports."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from tests.entrypoints.service import Account, Service, check, problem
from upi_risk.domain.features import NAMES


async def _path(client: httpx.AsyncClient, account: Account, receiver: str = "medium@test") -> str:
    return str((await check(client, account, receiver=receiver)).headers["location"])


@pytest.mark.parametrize("prefix", ["", "/v1"])
async def test_a_transaction_shows_all_that_its_answer_came_from(
    client: httpx.AsyncClient, asha: Account, prefix: str
) -> None:
    told = (await check(client, asha, amount=1234.56)).json()
    answer = await client.get(f"{prefix}/transactions/{told['transaction_id']}", headers=asha.headers)
    assert answer.status_code == 200
    shown = answer.json()
    assert {key: shown[key] for key in told} == told
    assert (shown["receiver_upi"], shown["amount"], shown["status"]) == ("shop@okbank", 1234.56, "SETTLED")
    assert shown["created_at"] == shown["settled_at"]
    assert shown["reported_at"] is None
    assert tuple(shown["features"]) == NAMES
    assert (shown["features"]["amount"], shown["features"]["avg_amount"]) == (1234.56, -1.0)
    assert [factor["text"] for factor in shown["factor_details"]] == shown["factors"]
    assert shown["factor_details"][0]["code"] == "amount"
    assert (shown["model_version"], shown["policy_version"]) == ("v0-amount", "p1")
    assert shown["probability"] == pytest.approx(0.123456)


async def test_an_id_may_be_in_upper_case(client: httpx.AsyncClient, asha: Account) -> None:
    path = await _path(client, asha)
    assert (await client.get(path.replace(path[14:], path[14:].upper()), headers=asha.headers)).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/v1"])
async def test_pages_hold_every_payment_once_newest_first(
    service: Service, client: httpx.AsyncClient, asha: Account, prefix: str
) -> None:
    asked = []
    for number in range(7):
        asked.append((await check(client, asha, amount=number + 1)).json()["transaction_id"])
        service.clock.advance(timedelta(seconds=number % 2))  # some in the same instant
    seen, sizes, cursor = [], [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(f"{prefix}/transactions", params=query, headers=asha.headers)).json()
        seen += [held["transaction_id"] for held in page["transactions"]]
        sizes.append(len(page["transactions"]))
        cursor = page["next_cursor"]
        if cursor is None:
            break
        await check(client, asha, amount=99)  # a newer one does not shift the pages
        service.clock.advance(timedelta(seconds=1))
    assert seen == asked[::-1]
    assert sizes == [3, 3, 1]


async def test_a_list_without_payments_is_empty(client: httpx.AsyncClient, asha: Account) -> None:
    page = await client.get("/transactions", headers=asha.headers)
    assert page.json() == {"transactions": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("query", "field", "code"),
    [
        ("limit=0", "limit", "too_small"), ("limit=101", "limit", "too_large"), ("limit=-1", "limit", "wrong_type"),
        ("limit=" + "9" * 5000, "limit", "too_large"), ("limit=ten", "limit", "wrong_type"),
        ("limit=%D9%A1", "limit", "wrong_type"), ("limit=1&limit=2", "limit", "wrong_format"),
        ("cursor=", "cursor", "wrong_format"), ("cursor=!", "cursor", "wrong_format"),
        ("cursor=AAAA", "cursor", "wrong_format"), ("cursor=__________8", "cursor", "wrong_format"),
        ("cursor=%00", "cursor", "wrong_format"), ("cursor=%FF", "cursor", "wrong_format"),
    ],
)  # fmt: skip
async def test_a_page_that_cannot_be_is_refused(
    client: httpx.AsyncClient, asha: Account, query: str, field: str, code: str
) -> None:
    answer = await client.get(f"/transactions?{query}", headers=asha.headers)
    assert problem(answer, 422, "validation-failed")["errors"] == [{"field": field, "code": code}]


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"", "SETTLED"), (b"{}", "SETTLED"), (b'{"confirmed":true}', "SETTLED"), (b'{"confirmed":false}', "CANCELLED")],
)
@pytest.mark.parametrize("prefix", ["", "/v1"])
async def test_a_payment_to_verify_gets_its_outcome(  # noqa: PLR0913, PLR0917 - parameters
    service: Service, client: httpx.AsyncClient, asha: Account, body: bytes, status: str, prefix: str
) -> None:
    path = prefix + await _path(client, asha) + "/confirm"
    service.clock.advance(timedelta(seconds=30))
    headers = asha.headers | ({"Content-Type": "application/json"} if body else {})
    first = await client.post(path, content=body, headers=headers)
    assert first.status_code == 200
    assert first.json()["status"] == status
    assert first.json()["settled_at"] == ("2026-03-02T06:30:30Z" if status == "SETTLED" else None)
    assert "features" not in first.json()
    before = service.saved()
    assert (await client.post(path, content=body, headers=headers)).content == first.content
    other = {"confirmed": status != "SETTLED"}
    problem(await client.post(path, json=other, headers=asha.headers), 409, "conflict")
    assert service.saved() == before


@pytest.mark.parametrize("receiver", ["low@test", "high@test"])
async def test_only_a_payment_to_verify_can_be_confirmed(
    client: httpx.AsyncClient, asha: Account, receiver: str
) -> None:
    path = await _path(client, asha, receiver)
    problem(await client.post(f"{path}/confirm", headers=asha.headers), 409, "conflict")


@pytest.mark.parametrize("prefix", ["", "/v1"])
@pytest.mark.parametrize("receiver", ["low@test", "medium@test", "high@test"])
async def test_a_report_is_kept_once(
    service: Service, client: httpx.AsyncClient, asha: Account, receiver: str, prefix: str
) -> None:
    path = prefix + await _path(client, asha, receiver) + "/report"
    service.clock.advance(timedelta(minutes=1))
    first = await client.post(path, headers=asha.headers)
    assert first.status_code == 200
    assert first.json()["reported_at"] == "2026-03-02T06:31:00Z"
    assert len(service.store.reports) == 1
    before = service.saved()
    service.clock.advance(timedelta(minutes=1))
    assert (await client.post(path, json={}, headers=asha.headers)).content == first.content
    assert service.saved() == before


async def test_a_report_tells_the_next_payer(service: Service, client: httpx.AsyncClient, asha: Account) -> None:
    path = (await check(client, asha)).headers["location"]
    await client.post(f"{path}/report", headers=asha.headers)
    ravi = await service.sign_up(client)
    shown = await client.get((await check(client, ravi)).headers["location"], headers=ravi.headers)
    assert shown.json()["features"]["receiver_reputation"] < 0.9  # a stranger's


@pytest.mark.parametrize("suffix", ["", "/confirm", "/report"])
async def test_anothers_transaction_is_as_if_there_were_none(
    service: Service, client: httpx.AsyncClient, asha: Account, suffix: str
) -> None:
    path = await _path(client, asha)
    ravi = await service.sign_up(client)
    before = service.saved()
    send = client.post if suffix else client.get
    answers = [
        await send(f"{asked}{suffix}", headers=ravi.headers)
        for asked in (
            path,
            f"/transactions/{uuid4()}",
            "/transactions/1",
            "/transactions/%00",
            "/transactions/%27%20OR",
        )
    ]
    for answer in answers:
        problem(answer, 404, "not-found")
    stripped = {answer.content.replace(answer.headers["x-request-id"].encode(), b"") for answer in answers}
    assert len(stripped) == 1
    kept = [{name: value for name, value in answer.headers.items() if name != "x-request-id"} for answer in answers]
    assert all(headers == kept[0] for headers in kept)
    assert service.saved() == before
