"""Statements of challenges, devices and housekeeping go by index, whatever the tables hold."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON
from upi_risk.adapters.postgres.challenges import PostgresChallenges
from upi_risk.adapters.postgres.device_keys import PostgresDeviceKeys
from upi_risk.adapters.postgres.leftovers import PostgresLeftovers
from upi_risk.domain.challenge import Challenge
from upi_risk.domain.housekeeping import Kind

A_CHALLENGE = Challenge("upc_a", b"slot", b"subject", b"code", NOON, NOON)
CALLS: dict[str, Callable[[AsyncEngine], Awaitable[object]]] = {
    "open": lambda engine: PostgresChallenges(engine).open(A_CHALLENGE, [b"other"]),
    "attempt": lambda engine: PostgresChallenges(engine).attempt("upc_a", NOON),
    "use": lambda engine: PostgresChallenges(engine).use("upc_a"),
    "of_user": lambda engine: PostgresDeviceKeys(engine).of_user("UID-1"),
    "used": lambda engine: PostgresDeviceKeys(engine).used("UID-1", "dev_1", NOON),
    "revoke": lambda engine: PostgresDeviceKeys(engine).revoke("UID-1", "dev_1", NOON),
    **{
        f"remove {kind}": lambda engine, kind=kind: PostgresLeftovers(engine).remove(kind, NOON, 1_000)  # type: ignore[misc]
        for kind in Kind
    },
}


@pytest.mark.parametrize("name", CALLS)
async def test_it_is_one_statement_and_reads_no_table_from_end_to_end(engine: AsyncEngine, name: str) -> None:
    """Removed: the index on ``sessions.expires_at``; removing sessions read the whole table."""
    sent: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        sent.append((statement, parameters))

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    await CALLS[name](engine)
    event.remove(engine.sync_engine, "before_cursor_execute", listen)
    ((statement, parameters),) = sent
    async with engine.connect() as connection:
        found = (await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)).scalar_one()
    text = found if isinstance(found, str) else json.dumps(found)
    assert "Index" in text
    assert '"Seq Scan"' not in text
