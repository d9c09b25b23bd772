"""A PostgreSQL that can be reached and yet does not do it: every refusal is in shape, and readiness says so."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import psycopg
import pytest

from tests.faults.checker import saved, violations
from tests.faults.servers import OwnServer, serving
from tests.faults.test_postgres_faults import asked, paying, refused, served_again
from tests.faults.wire import Payer, Wire

Fault = Callable[[str], AbstractContextManager[None]]

_OURS = "pid <> pg_backend_pid() AND application_name = 'upi-risk'"


def tell(url: str, *commands: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for command in commands:
            connection.execute(command.encode())


def altered(wrong: str, right: str) -> Fault:
    @contextmanager
    def fault(url: str) -> Iterator[None]:
        tell(url, *wrong.split(";"))
        try:
            yield
        finally:
            tell(url, *right.split(";"))

    return fault


@contextmanager
def all_connections_taken(url: str) -> Iterator[None]:
    tell(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}")
    with ExitStack() as taken:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(psycopg.connect(url))
        yield


@contextmanager
def terminated_all_the_time(url: str) -> Iterator[None]:
    over = threading.Event()

    def terminate() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.wait(0.001):
                connection.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {_OURS}".encode())

    thread = threading.Thread(target=terminate)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def a_table_locked(url: str) -> Iterator[None]:
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE transactions IN ACCESS EXCLUSIVE MODE")
        yield


READ_ONLY = altered(
    "ALTER SYSTEM SET default_transaction_read_only = on;SELECT pg_reload_conf();SELECT pg_sleep(0.1)",
    "SET default_transaction_read_only = off;ALTER SYSTEM RESET default_transaction_read_only;SELECT pg_reload_conf()",
)
A_COLUMN_GONE = altered(
    "ALTER TABLE users RENAME COLUMN settled_paise TO undone", "ALTER TABLE users RENAME COLUMN undone TO settled_paise"
)
A_TABLE_GONE = altered("ALTER TABLE idempotency_keys RENAME TO undone", "ALTER TABLE undone RENAME TO idempotency_keys")


@pytest.fixture
async def payers(postgres: OwnServer, valkey: OwnServer) -> AsyncIterator[list[tuple[Wire, Payer]]]:
    async with serving(postgres.url, valkey.url) as port, paying(port) as made:
        yield made


async def test_what_cannot_be_committed_is_refused_in_shape_and_served_when_it_can_be(
    postgres: OwnServer, payers: list[tuple[Wire, Payer]]
) -> None:
    """Red when a missing column or table is none of the errors that mean that the store did not do it: 500.

    Red when connections that the server ended one after the other (`found_closed`) are none of them either, and when
    readiness asks for no more than an answer (`SELECT 1`): it says 200 while all is read-only.
    """
    wire, before = payers[0][0], saved(postgres.url)
    told = {}
    faults = {
        "all connections taken": all_connections_taken, "read-only": READ_ONLY, "a table locked": a_table_locked,
        "a column gone": A_COLUMN_GONE, "a table gone": A_TABLE_GONE,
    }  # fmt: skip
    for name, fault in faults.items():
        with fault(postgres.url):
            await asyncio.sleep(0.05)
            for each, _ in payers:
                each.close()  # the server may have done so by now
            await refused(payers, 2)
            told[name] = (await wire.get("/health/ready")).status
        assert saved(postgres.url) == before
        await served_again(payers)
        before = saved(postgres.url)
    assert told == dict.fromkeys(told, 503) | {"a table locked": 200}
    with terminated_all_the_time(postgres.url):
        await asyncio.sleep(0.05)
        replies = await asked(payers, 20)
    answered = [reply for reply in replies if reply.status == 200]  # between two of them something may be committed
    assert all(reply.well_formed_refusal for reply in replies if reply.status != 200)
    assert len(answered) < len(replies)
    assert saved(postgres.url) == before + len(answered)
    await served_again(payers)
    assert violations(postgres.url) == {}
