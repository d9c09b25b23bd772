"""The hot path stays hot: one round trip, by index, without touching indexes on an update."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import SHOP, a_check, a_report, a_user, later
from tests.contracts.plans import parents
from tests.contracts.stores import Stores
from upi_risk.adapters.postgres import statements
from upi_risk.adapters.postgres.history import latest, one
from upi_risk.adapters.postgres.straight import Statement, Straight
from upi_risk.domain.history import Wanted

_LOADED = """
{"user_id": "UID-1", "receiver_upi": "shop@okbank", "idempotency_key": "key",
 "transaction_id": "0198a3d0-0000-7000-8000-000000000000"}
"""


@pytest.fixture
def sent(engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are sent, by the engine or straight to the driver."""
    seen: list[str] = []
    run = Straight.run

    async def running(self: Straight, statement: Statement, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        seen.append(statement.text.decode())
        return await run(self, statement, parameters)

    monkeypatch.setattr(Straight, "run", running)

    def listen(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    yield seen
    event.remove(engine.sync_engine, "before_cursor_execute", listen)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)


async def _explain(engine: AsyncEngine, statement: str, parameters: dict[str, str]) -> list[dict[str, Any]]:
    async with engine.connect() as connection:
        found = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        plan = found.scalar_one()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    of = await parents(engine)
    return [{**node, "Index Name": of.get(name, name)} if (name := node.get("Index Name")) else node
            for node in _nodes(plan[0]["Plan"])]  # fmt: skip


def _indexes(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in nodes if "Index Name" in node}


def _scanned(nodes: list[dict[str, Any]]) -> list[str]:
    return [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"]


async def test_loading_goes_by_index_even_while_the_tables_are_empty(engine: AsyncEngine) -> None:
    nodes = await _explain(engine, statements.LOAD, {"wanted": f"[{_LOADED}]"})
    assert _scanned(nodes) == []
    assert _indexes(nodes) == {
        "users_pkey",
        "payees_pkey",
        "receiver_reputation_pkey",
        "receiver_days_pkey",
        "receiver_hours_pkey",
        "idempotency_keys_pkey",
    }
    functions = [node["Function Name"] for node in nodes if node["Node Type"] == "Function Scan"]
    assert functions.count("transaction_of") == 2  # a partition is opened for what is found alone


async def test_committing_goes_by_index_even_while_the_tables_are_empty(engine: AsyncEngine) -> None:
    empty = {"users": "[]", "transactions": "[]", "payees": "[]", "deltas": "[]", "unseen": "0.9"}
    empty |= {"retries": "[]", "features": "{}", "ends": "{0}"}
    nodes = await _explain(engine, statements.COMMIT, empty)
    assert _scanned(nodes) == []
    assert _indexes(nodes) == {"users_pkey", "idempotency_keys_pkey"}
    assert "Tid Scan" in {node["Node Type"] for node in nodes}


@pytest.mark.parametrize("before", [None, later(seconds=1)])
async def test_a_page_reads_the_index_of_users_and_instants_without_sorting(
    engine: AsyncEngine, before: datetime | None
) -> None:
    statement = latest("UID-1", before, 20).compile(engine.sync_engine, compile_kwargs={"literal_binds": True})
    nodes = await _explain(engine, str(statement), {})
    assert _indexes(nodes) == {"idx_transactions_user_id"}
    assert {"Seq Scan", "Sort"}.isdisjoint(node["Node Type"] for node in nodes)


async def test_a_transaction_is_found_by_its_key(engine: AsyncEngine) -> None:
    statement = one("UID-1", "0198a3d0-0000-7000-8000-000000000000")
    compiled = statement.compile(engine.sync_engine, compile_kwargs={"literal_binds": True})
    assert _indexes(await _explain(engine, str(compiled), {})) == {"transactions_pkey"}


async def test_a_phone_is_found_by_its_index(engine: AsyncEngine) -> None:
    nodes = await _explain(engine, "SELECT * FROM users WHERE mobile IN ('p1.a', 'p2.b', '+919000000000')", {})
    assert _indexes(nodes) == {"idx_users_mobile"}


async def test_a_batch_is_loaded_in_one_statement_and_committed_in_one(engine: AsyncEngine, sent: list[str]) -> None:
    stores = Stores.in_postgres(engine)
    users = [a_user() for _ in range(10)]
    for user in users:
        await stores.users.add(user)
    sent.clear()
    await stores.ledger.load([Wanted(user.user_id, SHOP, "key") for user in users])
    await stores.ledger.commit([a_check(user, idempotency_key="key") for user in users])
    assert sent == [Statement(text).text.decode() for text in (statements.LOAD, statements.COMMIT)]


async def test_a_change_that_reaches_back_does_not_slow_the_others(engine: AsyncEngine, sent: list[str]) -> None:
    stores = Stores.in_postgres(engine)
    users = [a_user() for _ in range(4)]
    for user in users:
        await stores.users.add(user)
    paid = a_check(users[0])
    await stores.apply(paid)
    report = a_report(paid.user, paid.added[0], paid.payees[0])
    sent.clear()
    assert await stores.ledger.commit([report, *[a_check(user) for user in users[1:]]]) == [True] * 4
    assert sent.count(statements.COMMIT) == sent.count(Statement(statements.COMMIT).text.decode()) == 1


async def test_updates_of_users_and_receivers_touch_no_index(engine: AsyncEngine, database_url: str) -> None:
    stores = Stores.in_postgres(engine)
    user = a_user()
    await stores.users.add(user)
    change = a_check(user)
    await stores.apply(change)
    for _ in range(100):
        change = a_check(change.user, SHOP, change.payees[0])
        await stores.apply(change)
    await engine.dispose()

    ratios = (
        "SELECT relname, n_tup_hot_upd::float / n_tup_upd FROM pg_stat_user_tables"
        " WHERE relname IN ('users', 'receiver_days', 'payees') AND n_tup_upd > 0"
    )
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        found: dict[str, float] = dict(connection.execute(ratios).fetchall())
    assert set(found) == {"users", "receiver_days", "payees"}
    assert min(found.values()) > 0.9


async def test_statements_are_prepared(engine: AsyncEngine) -> None:
    straight = Straight(engine)
    await straight.run(Statement(statements.LOAD), {"wanted": "[]"})
    prepared = await straight.run(Statement("SELECT statement FROM pg_prepared_statements"), {})
    assert any("json_to_recordset" in statement for (statement,) in prepared)
