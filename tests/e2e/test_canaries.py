"""What was planted in a name, a phone, a note and a UPI id comes out nowhere but where its owner asks for it."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import msgspec
import polars as pl
import psycopg
import pytest
import redis
from litestar import Litestar
from litestar.testing import AsyncTestClient

from upi_risk.adapters.memory import ManualClock
from upi_risk.adapters.polars.export_folder import ParquetExport
from upi_risk.adapters.postgres.past_checks import PostgresPastChecks
from upi_risk.application.collect import Collect, CollectionOrder
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.access import Scope

NAME, PHONE, PAYEE, NOTE = "Canaryname", "9811122233", "canarypayee@okbank", "Canarynote"
CANARIES = (NAME, PHONE, PAYEE, "canarypayee", NOTE)


def found_in(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [canary for canary in CANARIES if re.search(re.escape(canary).encode(), data, re.IGNORECASE)]


def sung_in(folder: Path) -> list[tuple[str, list[str]]]:
    """The files below a folder that tell something, as they are and, of tables, as they are read."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {file.suffix for file in files} >= {".parquet"}
    assert len(files) > 1
    told = {file: file.read_bytes() for file in files}
    for file in files:
        if file.suffix == ".parquet":
            told[file] += str(pl.read_parquet(file).rows()).encode()
    return [(file.name, found_in(text)) for file, text in told.items() if found_in(text)]


def told_by(database_url: str, redis_url: str) -> dict[str, list[str]]:
    """What of the payer stands in the files of tables and indexes, and in what Redis holds."""
    held: dict[str, bytes] = {}
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        files = connection.execute(
            "SELECT oid::regclass::text, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
            " WHERE relkind IN ('r', 'i', 't') AND relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace)"
        )
        held |= {name: bytes(content) for name, content in files}
    payments = b"".join(content for name, content in held.items() if name.startswith("transactions_"))
    assert b"canarypayee" in payments, "the files are read as they are"
    readers = {b"string": "GET {}", b"hash": "HGETALL {}", b"zset": "ZRANGE {} 0 -1", b"list": "LRANGE {} 0 -1"}
    with redis.Redis.from_url(redis_url) as client:
        keys = list(client.scan_iter())
        for key in keys:
            command = readers[client.type(key)].split()
            said = client.execute_command(command[0], key, *command[2:])
            held[key.decode()] = key + repr(said).encode()
    assert any(b"canarypayee" in content for name, content in held.items() if name.startswith("upi:u:"))
    told = {name: [each for each in (NAME, PHONE) if each in found_in(content)] for name, content in held.items()}
    return {name: found for name, found in told.items() if found}


async def use(client: AsyncTestClient[Litestar], key: str) -> list[bytes]:
    """Everything that a payer, an analyst and somebody clumsy do; the refusals and what the analyst sees."""
    told = await client.post("/signup", json={"name": NAME, "phone": PHONE})
    headers = {"Authorization": f"Bearer {told.json()['access_token']}"}
    body = {"user_id": told.json()["user_id"], "receiver_upi": PAYEE, "amount": 99_999}
    name = (await client.post("/check-transaction", json=body, headers=headers)).json()["transaction_id"]
    service = {"Authorization": f"Bearer {key}"}
    answers = [
        await client.post("/signup", json={"name": NAME, "phone": PHONE}),
        await client.post("/signup", json={"name": NAME + "\x00", "phone": PHONE + "x", NAME: PHONE}),
        await client.post("/check-transaction", json=body | {"amount": -1}, headers=headers),
        await client.post("/check-transaction", json=body | {"user_id": NAME}, headers=headers),
        await client.get(f"/{NAME}/{PHONE}?q={PAYEE}"),
        await client.get(f"/transactions/{PHONE}", headers=headers),
        await client.get(f"/admin/transactions/{name}", headers=service),
        await client.get("/reviews", headers=service),
    ]
    review = {"verdict": "fraud", "note": NOTE}
    assert (await client.post(f"/reviews/{name}", json=review, headers=service)).status_code == 200
    answers.append(await client.post(f"/reviews/{name}", json=review | {"verdict": "genuine"}, headers=service))
    return [answer.content for answer in answers]


@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_personal_data_is_in_no_log_refusal_metric_view_or_export(
    settings: Settings, database_url: str, capfd: pytest.CaptureFixture[str], tmp_path: Path, log_format: str
) -> None:
    """Red where the analyst's view is not masked, the export has no pseudonyms, or PERSONAL_DATA is clear."""
    chosen = {"log_format": log_format, "log_level": "debug", "metrics_dir": str(tmp_path / "metrics")}
    (tmp_path / "metrics").mkdir()
    loud = msgspec.structs.replace(settings, **chosen)
    owner = Container(settings=msgspec.structs.replace(settings, database_url=database_url))
    _, key = await owner.manage_keys().create("operator:test", "canary", [Scope.READ, Scope.REVIEW])
    async with AsyncTestClient(create(loud)) as client:
        answers = await use(client, key)
        await asyncio.sleep(1.5)  # totals are put down once a second
    assert [found_in(answer) for answer in answers] == [[]] * len(answers)
    later = ManualClock(owner.clock().now() + timedelta(hours=1))  # what is a minute old is exported
    collect = Collect(PostgresPastChecks(owner.engine()), later, owner.identities())
    state = await collect(CollectionOrder(), ParquetExport(tmp_path / "export"), lambda _done, _all: None)
    assert state.rows == 1
    await owner.note().drain()
    await owner.engine().dispose()
    await owner.redis().aclose()
    said = capfd.readouterr()
    assert "check-transaction" in said.err
    assert found_in(said.out + said.err) == []
    assert sung_in(tmp_path) == []
    assert told_by(database_url, settings.redis_url) == {}


def test_a_canary_that_sings_is_heard() -> None:
    assert found_in(f"x {NAME.lower()} {PAYEE}") == [NAME, PAYEE, "canarypayee"]
