"""Whatever goes wrong, the log names no person, no payee and no secret."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import msgspec
import psycopg
import pytest
from litestar.testing import AsyncTestClient

from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.logging import described
from upi_risk.bootstrap.settings import Settings

NAME, PHONE, PAYEE = "Canary Goldfinch", "9812345670", "canary.payee@upi"
OTHER_PHONE = "9812345671"


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_a_failure_of_every_route_is_logged_without_personal_data(
    settings: Settings, database_url: str, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    chosen = {"log_format": log_format, "log_level": "info"}
    loud = msgspec.structs.replace(settings, **chosen)
    async with AsyncTestClient(create(loud)) as client:
        answer = await client.post("/signup", json={"name": NAME, "phone": PHONE})
        signed_up = answer.json()
        headers = {"Authorization": f"Bearer {signed_up['access_token']}"}
        check = {"user_id": signed_up["user_id"], "receiver_upi": PAYEE, "amount": 123.45}
        paid = await client.post("/check-transaction", json=check, headers=headers)
        name = paid.json()["transaction_id"]
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("alter table users add constraint broken check (false) not valid")
            # what PostgreSQL says of it holds the whole row
            unforeseen = [
                (await client.post("/signup", json={"name": NAME, "phone": OTHER_PHONE})).status_code,
                (await client.post("/check-transaction", json=check, headers=headers)).status_code,
            ]
            assert unforeseen == [500] * 2
            connection.execute("alter table transactions rename to away")
            connection.execute("alter table users rename to gone")
        statuses = [
            (await client.post("/signup", json={"name": NAME, "phone": PHONE})).status_code,
            (await client.post("/login", json={"phone": PHONE})).status_code,
            (await client.post("/check-transaction", json=check, headers=headers)).status_code,
            (await client.get("/me", headers=headers)).status_code,
            (await client.get(f"/transactions/{name}", headers=headers)).status_code,
            (await client.post(f"/transactions/{name}/report", headers=headers)).status_code,
        ]
        assert statuses == [503] * 6
    said = capsys.readouterr().err
    assert said.count("failure") >= 2
    assert said.count("refused") >= 6
    password = urlsplit(settings.database_url).password or ""
    secrets = (
        NAME,
        "Goldfinch",
        PHONE,
        OTHER_PHONE,
        PAYEE,
        "123.45",
        "12345",
        signed_up["access_token"],
        signed_up["refresh_token"],
    )
    for secret in (*secrets, signed_up["user_id"], password):
        assert secret not in said
    if log_format == "json":
        lines = [json.loads(line) for line in said.splitlines()]
        assert all(len(line) < 4_096 for line in said.splitlines())
        assert {line["event"] for line in lines} == {"request", "failure", "refused"}
        (checked,) = (line for line in lines if "risk_level" in line)
        assert checked["batch_size"] == 1
        assert 0 < checked["batch_ms"] < checked["duration_ms"]


async def test_an_expected_outage_is_one_short_line(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    away = msgspec.structs.replace(
        settings, database_url="postgresql://someone:s3cret@127.0.0.1:1/x", log_format="json", log_level="info"
    )
    async with AsyncTestClient(create(away)) as client:
        assert (await client.post("/signup", json={"name": NAME, "phone": PHONE})).status_code == 503
    said = capsys.readouterr().err
    assert "s3cret" not in said
    refused = next(json.loads(line) for line in said.splitlines() if "refused" in line)
    assert (refused["error"], refused["because_of"]) == ("StoreUnavailableError", "OperationalError")


def test_an_exception_is_described_by_kind_cause_and_place_alone() -> None:
    try:
        try:
            int(f"{PHONE} x")
        except ValueError as inner:
            raise KeyError(PHONE) from inner
    except KeyError as error:
        found = described(error)
    assert (found["error"], found["because_of"]) == ("KeyError", ["ValueError"])
    assert PHONE not in json.dumps(found)
    assert "test_logs.py" in json.dumps(found["where"])


async def test_the_line_of_a_check_has_its_trace_and_decision_and_names_nobody(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    loud = msgspec.structs.replace(settings, log_format="json", log_level="info")
    async with AsyncTestClient(create(loud)) as client:
        signed_up = (await client.post("/signup", json={"name": NAME, "phone": PHONE})).json()
        headers = {"Authorization": f"Bearer {signed_up['access_token']}"}
        check = {"user_id": signed_up["user_id"], "receiver_upi": PAYEE, "amount": 123.45}
        traced = headers | {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
        answer = (await client.post("/check-transaction", json=check, headers=traced)).json()
        await client.post("/check-transaction", json=check, headers=headers | {"traceparent": f"00-{PHONE}"})
    said = capsys.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    first, second = (line for line in lines if line.get("route") == "/check-transaction")
    assert (first["trace_id"], first["decision"], first["risk_level"]) == (
        trace,
        answer["decision"],
        answer["risk_level"],
    )
    assert (first["rules_version"], first["policy_version"]) == ("0.0", "p1")
    assert first["model_version"].startswith("v")
    assert second["trace_id"] == second["request_id"].replace("-", "")
    signing_up = next(line for line in lines if line.get("route") == "/signup")
    assert "decision" not in signing_up
    for secret in (NAME, "Goldfinch", PHONE, PAYEE, "123.45", "12345", signed_up["user_id"], answer["transaction_id"]):
        assert secret not in said
