"""What the analysts' page asks for, over the real service: everything that it shows is there, and nothing else."""

from __future__ import annotations

import re

import psycopg
from litestar import Litestar
from litestar.testing import AsyncTestClient

_ROLE = "insert into user_roles (user_id, role, given_at) values (%s, 'analyst', now())"


async def test_an_analyst_works_through_the_console(client: AsyncTestClient[Litestar], database_url: str) -> None:
    """Red where one of the routes wants more than the page sends, or answers without what the page reads."""
    page = await client.get("/console")
    assert page.status_code == 200
    script = (await client.get("/console/assets/views.js")).text
    payer = (await client.post("/signup", json={"name": "<img src=x>", "phone": "9876512345"})).json()
    meera = (await client.post("/signup", json={"name": "Meera", "phone": "9876512346"})).json()
    bearer = {"Authorization": f"Bearer {payer['access_token']}"}
    body = {"user_id": payer["user_id"], "receiver_upi": "9876500000@okbank", "amount": 99_000}
    answer = (await client.post("/check-transaction", json=body, headers=bearer)).json()
    assert answer["decision"] != "ALLOW"

    headers = {"Authorization": f"Bearer {meera['access_token']}"}
    assert (await client.get("/admin/service", headers=headers)).status_code == 403
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(_ROLE, (meera["user_id"],))

    (case,) = (await client.get("/reviews?limit=25", headers=headers)).json()["cases"]
    name = case["transaction_id"]
    shown = await client.get(f"/admin/transactions/{name}", headers=headers)
    receiver = await client.post("/admin/receivers", json={"receiver_upi": "9876500000@okbank"}, headers=headers)
    rules = await client.get("/admin/rules", headers=headers)
    service = await client.get("/admin/service", headers=headers)
    assert rules.json()["version"] == service.json()["rules_version"] == "0.0"
    assert len(rules.json()["rules"]) == 7
    assert service.json()["model_version"] == "v2.0"
    for told in (shown, receiver, rules, service):
        assert told.status_code == 200
        assert "98765" not in told.text
        assert "<img" not in told.text
    for field in re.findall(r"\bfound\.(\w+)", script):
        assert any(field in told.json() for told in (shown, receiver, rules, service)), field

    kept = await client.post(f"/reviews/{name}", json={"verdict": "fraud", "note": "Refund trick."}, headers=headers)
    assert kept.status_code == 200
    assert (await client.get("/reviews?limit=25", headers=headers)).json()["cases"] == []
    review = (await client.get(f"/admin/transactions/{name}", headers=headers)).json()["review"]
    assert (review["verdict"], review["note"]) == ("fraud", "Refund trick.")
