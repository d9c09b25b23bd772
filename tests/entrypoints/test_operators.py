"""What operators see and do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from tests.entrypoints.service import Account, Service, check, problem
from upi_risk.application.list_models import Listed
from upi_risk.domain.access import Role
from upi_risk.domain.registry import ModelSheet

RECEIVER = "high@test"
PERSONAL = "9876512345@okbank"


@pytest.fixture
async def analyst(service: Service, client: httpx.AsyncClient) -> Account:
    account = await service.sign_up(client, "Meera")
    await service.house.set_role("operator:test", account.user_id, Role.ANALYST)
    return account


async def checked(client: httpx.AsyncClient, payer: Account, receiver: str = RECEIVER) -> str:
    answer = await check(client, payer, receiver)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["transaction_id"])


async def review(client: httpx.AsyncClient, analyst: Account, name: str, verdict: str) -> httpx.Response:
    body = {"verdict": verdict, "note": " Refund trick. "}
    return await client.post(f"/reviews/{name}", json=body, headers=analyst.headers)


async def test_an_analyst_sees_a_payment_with_its_payer_masked(
    client: httpx.AsyncClient, asha: Account, analyst: Account
) -> None:
    name = await checked(client, asha, PERSONAL)
    answer = await client.get(f"/admin/transactions/{name.upper()}", headers=analyst.headers)
    assert answer.status_code == 200, answer.text
    case = answer.json()
    own = (await client.get(f"/transactions/{name}", headers=asha.headers)).json()
    assert {key: case[key] for key in own if key != "receiver_upi"} == {
        key: own[key] for key in own if key != "receiver_upi"
    }
    assert case["receiver_upi"] == "98***@okbank"
    phone = asha.profile["phone"]
    assert case["payer"] == {
        "user_id": asha.user_id, "name": "A***", "phone": f"+91***{phone[-2:]}",
        "created_at": asha.profile["created_at"], "trust_score": 50.0, "transaction_count": 1,
    }  # fmt: skip
    assert case["review"] is None
    for secret in (asha.profile["name"], phone, phone.removeprefix("+91"), PERSONAL, "9876512345"):
        assert secret not in answer.text


@pytest.mark.parametrize("name", ["019bc0f1-6d0b-7c3e-9a51-2f4b8d6e7a90", "1", "..", "x" * 300])
async def test_a_payment_that_is_not_there_is_404_to_an_analyst_too(
    client: httpx.AsyncClient, analyst: Account, name: str
) -> None:
    problem(await client.get(f"/admin/transactions/{name}", headers=analyst.headers), 404, "not-found")
    problem(await review(client, analyst, name, "fraud"), 404, "not-found")


async def test_payments_to_review_come_newest_first_a_page_at_a_time_without_those_reviewed(
    service: Service, client: httpx.AsyncClient, asha: Account, analyst: Account
) -> None:
    ravi = await service.sign_up(client)
    names = []
    for number in range(7):
        names.append(await checked(client, (asha, ravi)[number % 2], ("high@test", "medium@test")[number % 2]))
        await checked(client, asha, "low@test")
        service.clock.advance(timedelta(seconds=number % 3))  # some share their instant
    assert (await review(client, analyst, names[3], "genuine")).status_code == 200
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        path = f"/reviews?limit=2{cursor and '&cursor=' + cursor}"
        page = (await client.get(path, headers=analyst.headers)).json()
        assert len(page["cases"]) <= 2
        assert all(case["decision"] in {"VERIFY", "BLOCK"} for case in page["cases"])
        assert {case["user_id"] for case in page["cases"]} <= {asha.user_id, ravi.user_id}
        found += [case["transaction_id"] for case in page["cases"]]
        cursor = page["next_cursor"]
    assert len(found) == 6
    assert set(found) == set(names) - {names[3]}
    held = service.store
    times = [max(mine[name].payment.at for mine in held.transactions.values() if name in mine) for name in found]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    "query", ["cursor=x", "cursor=AAZIZ-oVeAA", f"cursor={'_' * 32}", "limit=0", "cursor=&cursor="]
)
async def test_a_cursor_of_no_page_is_refused(client: httpx.AsyncClient, analyst: Account, query: str) -> None:
    problem(await client.get(f"/reviews?{query}", headers=analyst.headers), 422, "validation-failed")


async def test_a_verdict_is_kept_with_its_source_and_time_and_the_first_one_stands(
    service: Service, client: httpx.AsyncClient, asha: Account, analyst: Account
) -> None:
    name = await checked(client, asha)
    first = await review(client, analyst, name, "fraud")
    at = service.clock.now().isoformat().replace("+00:00", "Z")
    kept = {"verdict": "fraud", "reviewer": analyst.user_id, "reviewed_at": at, "note": "Refund trick."}
    assert (first.status_code, first.json()) == (200, kept)
    service.clock.advance(timedelta(seconds=5))
    assert (await review(client, analyst, name, "fraud")).json() == kept
    problem(await review(client, analyst, name, "genuine"), 409, "conflict")
    case = (await client.get(f"/admin/transactions/{name}", headers=analyst.headers)).json()
    assert case["review"] == kept
    assert case["reported_at"].startswith(at.removesuffix("Z"))  # behind the payer's last event
    (label,) = service.store.reports
    assert (label.transaction_id, label.source) == (name, "analyst")
    deeds = [record.entry for record in service.store.audit if record.entry.deed == "verdict"]
    assert [(entry.actor, entry.subject, entry.detail) for entry in deeds] == [(analyst.user_id, name, "fraud")]


async def test_fraud_found_where_the_payer_reported_is_no_second_report(
    service: Service, client: httpx.AsyncClient, asha: Account, analyst: Account
) -> None:
    name = await checked(client, asha)
    assert (await client.post(f"/transactions/{name}/report", headers=asha.headers)).status_code == 200
    assert (await review(client, analyst, name, "fraud")).status_code == 200
    assert [label.source for label in service.store.reports] == ["payer"]


async def test_after_a_payment_was_found_genuine_a_report_of_the_payer_changes_nothing(
    service: Service, client: httpx.AsyncClient, asha: Account, analyst: Account
) -> None:
    """Red where the verdict is no label."""
    name = await checked(client, asha)
    assert (await review(client, analyst, name, "genuine")).status_code == 200
    before = service.saved()
    told = await client.post(f"/transactions/{name}/report", headers=asha.headers)
    assert (told.status_code, told.json()["reported_at"]) == (200, None)
    assert service.saved() == before


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"verdict": "maybe"}, "verdict", "wrong_type"),
        ({}, "verdict", "required"),
        ({"verdict": "fraud", "note": "x" * 501}, "note", "too_long"),
        ({"verdict": "fraud", "note": "a\nb"}, "note", "invalid_char"),
        ({"verdict": "fraud", "reviewer": "me"}, "body", "unknown_field"),
    ],
)
async def test_a_verdict_that_is_none_is_refused(  # noqa: PLR0913, PLR0917 - each says what the test is about
    client: httpx.AsyncClient, asha: Account, analyst: Account, body: dict[str, str], field: str, code: str
) -> None:
    name = await checked(client, asha)
    refused = await client.post(f"/reviews/{name}", json=body, headers=analyst.headers)
    assert problem(refused, 422, "validation-failed")["errors"] == [{"field": field, "code": code}]


async def test_an_admin_sees_every_model_and_which_one_serves(service: Service, client: httpx.AsyncClient) -> None:
    admin = await service.sign_up(client)
    await service.house.set_role("operator:test", admin.user_id, Role.ADMIN)
    sheet = ModelSheet(replace(service.house.scorer.card, version="v2"), "test 2026-01", (("AUC", 0.97),))
    service.models = [Listed("v1", serving=False, sheet=None), Listed("v2", serving=True, sheet=sheet)]
    told = (await client.get("/admin/models", headers=admin.headers)).json()["models"]
    assert told[0] == {
        "version": "v1", "serving": False, "readable": False, "feature_set": "", "split": "", "figures": {},
    }  # fmt: skip
    assert told[1]["readable"]
    assert (told[1]["version"], told[1]["serving"], told[1]["figures"]) == ("v2", True, {"AUC": 0.97})
