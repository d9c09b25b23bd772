"""Becoming a user, signing in, seeing oneself."""

from datetime import timedelta

import httpx
import pytest

from tests.entrypoints.service import Account, Service, check, problem

PREFIXES = pytest.mark.parametrize("prefix", ["", "/v1"])

PROFILE = {
    "user_id", "name", "phone", "trust_score", "login_count", "transaction_count", "avg_amount", "account_age",
    "created_at", "last_login_at", "last_transaction_at",
}  # fmt: skip
TOKENS = {"access_token", "refresh_token", "token_type", "expires_in", "token"}


@PREFIXES
async def test_the_guides_signup_gives_the_whole_profile_and_tokens(client: httpx.AsyncClient, prefix: str) -> None:
    answer = await client.post(f"{prefix}/signup", json={"name": "Gopal", "phone": "9876543210"})
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    body = answer.json()
    assert set(body) == PROFILE | TOKENS
    assert body["user_id"].startswith("UID-")
    assert (body["name"], body["phone"]) == ("Gopal", "+919876543210")
    assert (body["trust_score"], body["login_count"], body["transaction_count"]) == (50.0, 1, 0)
    assert (body["avg_amount"], body["account_age"], body["last_transaction_at"]) == (0.0, 0.0, None)
    assert body["created_at"] == body["last_login_at"] == "2026-03-02T06:30:00Z"
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 900)
    assert body["token"] == body["access_token"] != body["refresh_token"]


@PREFIXES
async def test_the_guides_login_finds_the_user_again_in_any_spelling_of_the_phone(
    service: Service, client: httpx.AsyncClient, prefix: str
) -> None:
    first = await client.post("/signup", json={"name": "Gopal", "phone": "9876543210"})
    service.clock.advance(timedelta(days=3))
    for logins, phone in enumerate(["9876543210", "+91 98765 43210", "919876543210", "09876543210"], start=2):
        answer = await client.post(f"{prefix}/login", json={"phone": phone})
        assert answer.status_code == 200
        body = answer.json()
        assert set(body) == PROFILE | TOKENS
        assert body["user_id"] == first.json()["user_id"]
        assert body["login_count"] == logins
        assert body["account_age"] == 3.0
        assert body["access_token"] != first.json()["access_token"]


async def test_a_phone_signs_up_once(service: Service, client: httpx.AsyncClient) -> None:
    await client.post("/signup", json={"name": "Gopal", "phone": "9876543210"})
    before = service.saved()
    again = await client.post("/signup", json={"name": "Somebody", "phone": "+91 9876543210"})
    assert problem(again, 409, "conflict")
    assert service.saved() == before


async def test_a_login_of_nobody_is_not_found(client: httpx.AsyncClient) -> None:
    problem(await client.post("/login", json={"phone": "9876543210"}), 404, "not-found")


@PREFIXES
async def test_me_is_the_profile_without_tokens(
    service: Service, client: httpx.AsyncClient, asha: Account, prefix: str
) -> None:
    await check(client, asha, amount=100.5)
    await check(client, asha, amount=200)
    await check(client, asha, receiver="high@test", amount=7)
    answer = await client.get(f"{prefix}/me", headers=asha.headers)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == PROFILE
    assert (body["transaction_count"], body["avg_amount"]) == (3, 150.25)
    assert body["last_transaction_at"] == "2026-03-02T06:30:00.000002Z"


async def test_a_name_is_kept_as_it_is_written(client: httpx.AsyncClient) -> None:
    for number, name in enumerate(
        ["<script>alert(1)</script>", "' OR 1=1--", "$(id)", "{{7*7}}", "%n", "../../", "=cmd()", "आशा राव"]
    ):
        answer = await client.post("/signup", json={"name": name, "phone": str(9_800_000_000 + number)})
        assert answer.json()["name"] == name
        assert answer.headers["x-content-type-options"] == "nosniff"
