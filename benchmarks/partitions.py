"""What partitions cost: the statements of a check on one table, on a new schema, and on one of ten years.

The same changes go to each in turn within one run, as the service sends them, and PostgreSQL's own processor time is
read from its processes. ``python -m benchmarks partitions``; it takes a minute and about 1 GB.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config

from upi_risk.adapters.embedded import EmbeddedPostgres
from upi_risk.adapters.postgres import ledger as real_ledger
from upi_risk.adapters.postgres import statements
from upi_risk.adapters.postgres.engine import Deadlines, create_engine
from upi_risk.adapters.postgres.ledger import PostgresLedger
from upi_risk.adapters.postgres.migrate import MIGRATIONS, connect, upgrade
from upi_risk.adapters.postgres.persons import Persons
from upi_risk.adapters.postgres.straight import Statement
from upi_risk.adapters.postgres.users import PostgresUsers
from upi_risk.adapters.system import RandomIdentities
from upi_risk.bootstrap.data_keys import phone_keys, vault
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.decision import Assessment, Decision, Factor, Level
from upi_risk.domain.draft import Draft
from upi_risk.domain.history import Change, Wanted
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User

BATCH: Final = 50
YEARS: Final = 10
_WARM: Final = 3
"""Batches until statements are prepared and planned."""

_BEFORE: Final = "0070"
"""The last revision with one table."""

_LOOKED_UP: Final = """LATERAL (SELECT * FROM transactions
                 WHERE user_id = w.user_id AND transaction_id = {id} LIMIT 1) t"""
_WHOLE: Final = (
    statements.LOAD
    .replace("LATERAL transaction_of(w.user_id, k.transaction_id) t", _LOOKED_UP.format(id="k.transaction_id"))
    .replace("LATERAL transaction_of(w.user_id, w.transaction_id) t", _LOOKED_UP.format(id="w.transaction_id"))
)  # fmt: skip
_SIZES: Final = """
SELECT regexp_replace(c.relname, '^transactions_[0-9]{4}_[0-9]{2}', 'transactions'), sum(pg_relation_size(c.oid))
  FROM pg_class c WHERE c.relkind IN ('r', 'i') AND c.relnamespace = 'public'::regnamespace
   AND (c.relname ~ '^(idx_)?transactions' OR c.relname ~ '^idempotency') GROUP BY 1 ORDER BY 1
"""


@dataclass(slots=True)
class Side:
    """A schema under measurement: what its statements took, and what PostgreSQL worked for them, in seconds."""

    name: str
    url: str
    ledger: PostgresLedger
    load: Statement
    took: dict[str, list[float]] = field(default_factory=dict)
    worked: dict[str, float] = field(default_factory=dict)


def told(payments: int) -> str:
    """The figures as tables."""
    folder = Path(tempfile.mkdtemp(prefix="partitions-"))
    folder.chmod(0o711)
    try:
        with EmbeddedPostgres(folder / "pg", durable=False) as server:
            return asyncio.run(_measured(server.url, payments))
    finally:
        shutil.rmtree(folder)


async def _measured(url: str, payments: int) -> str:
    sides = [_side(url, name) for name in ("one table", "partitions", f"{YEARS} years of them")]
    rng = random.Random(7)  # noqa: S311 - a stream for measuring
    now, identities = datetime.now(UTC), RandomIdentities()
    users = [User.sign_up(f"UID-{n:020d}", now) for n in range(2_000)]
    settings = Settings()
    persons = Persons(phone_keys(settings), vault(settings))
    for side in sides:
        store = PostgresUsers(side.ledger._engine, persons)  # noqa: SLF001 - the same pool
        for user in users:
            await store.add(user)
    for number, batch in enumerate(_batches(users, payments, rng, identities, now)):
        if number == _WARM:
            for side in sides:
                side.took.clear()
                side.worked.clear()
        for side in rng.sample(sides, len(sides)):
            await _round(side, batch)
    return "\n\n".join([_costs(sides), _sizes(sides, payments)])


async def _round(side: Side, batch: Sequence[Change]) -> None:
    """The statements of one batch, and of one check alone."""
    added = [change.added[0].payment for change in batch]
    wanted = [Wanted(each.user_id, each.receiver, each.idempotency_key) for each in added]
    await _timed(side, "load 50", partial(side.ledger.load, wanted[:-1]))
    await _timed(side, "load 1", partial(side.ledger.load, wanted[-1:]))
    await _timed(side, "commit 50", partial(side.ledger.commit, batch[:-1]))
    await _timed(side, "commit 1", partial(side.ledger.commit, batch[-1:]))


def _side(url: str, name: str) -> Side:
    database = name.replace(" ", "_")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{database}"'.encode())
    mine, load = f"{url.rsplit('/', 1)[0]}/{database}", statements.LOAD
    if name == "one table":
        load = _WHOLE
        with connect(mine) as connection:
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, _BEFORE)
    else:
        upgrade(mine)
    if name.startswith(str(YEARS)):
        with psycopg.connect(mine) as owner:
            owner.execute(
                "SELECT make_partition((date_trunc('month', now()) - n * interval '1 month')::date, 0)"
                " FROM generate_series(1, %s) n",
                (YEARS * 12,),
            )
    engine = create_engine(mine, pool_size=2, pool_timeout_seconds=60, deadlines=Deadlines(60_000, 60_000))
    return Side(name, mine, PostgresLedger(engine), Statement(load))


def _batches(
    users: Sequence[User], payments: int, rng: random.Random, identities: RandomIdentities, now: datetime
) -> Iterator[list[Change]]:
    """Batches of checks, each of another user, and one more that is committed alone."""
    known = {user.user_id: user for user in users}
    payees: dict[tuple[str, UpiId], Payee] = {}
    for count in range(payments // (BATCH + 1)):
        at, batch = now + timedelta(milliseconds=200 * (count + 1)), []
        for user_id in rng.sample(sorted(known), BATCH + 1):
            receiver = UpiId(f"shop{rng.randrange(500)}@okbank")
            payment = Payment(identities.transaction_id(at), user_id, receiver, rng.randrange(100, 900_000), at,
                              identities.transaction_id(at))  # fmt: skip
            draft = Draft.of(known[user_id])
            draft.payees[receiver] = payees.get((user_id, receiver), Payee(user_id, receiver))
            draft.decide(_decided(payment, rng))
            change = draft.change()
            known[user_id] = change.user
            payees.update({(user_id, payee.receiver): payee for payee in change.payees})
            batch.append(change)
        yield batch


def _decided(payment: Payment, rng: random.Random) -> Transaction:
    factors = tuple(
        Factor(f"factor_{n}", "A sentence for the payer that is about this long", rng.random()) for n in range(3)
    )
    answer = Assessment(
        rng.random() / 3, Level.LOW, Decision.ALLOW, factors, 0.9, "v2.0", "policy-3", rng.random() / 99
    )
    return Transaction.decided(payment, tuple(rng.random() for _ in range(70)), answer, "1.0")


async def _timed(side: Side, what: str, work: Callable[[], Awaitable[object]]) -> None:
    real_ledger._LOAD = side.load  # type: ignore[misc]  # noqa: SLF001 - what the release of this schema sends
    before, begun = _work_of(side), perf_counter()
    await work()
    side.took.setdefault(what, []).append(perf_counter() - begun)
    side.worked[what] = side.worked.get(what, 0.0) + _work_of(side) - before


def _work_of(side: Side) -> float:
    """Processor seconds of the backends that serve a side."""
    total = 0.0
    for _, driver in side.ledger._straight._kept:  # noqa: SLF001 - its own backends
        file = Path(f"/proc/{driver.info.backend_pid}/schedstat")  # nanoseconds; Linux
        total += int(file.read_text(encoding="utf-8").split()[0]) / 1e9
    return total


def _costs(sides: Sequence[Side]) -> str:
    lines = [
        "| microseconds, median (processor time of PostgreSQL, mean) | " + " | ".join(s.name for s in sides) + " |"
    ]
    lines.append("|---|" + "---:|" * len(sides))
    for what in ("load 1", "load 50", "commit 1", "commit 50"):
        cells = [
            f"{median(side.took[what]) * 1e6:,.0f} ({side.worked[what] / len(side.took[what]) * 1e6:,.0f})"
            for side in sides
        ]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _sizes(sides: Sequence[Side], payments: int) -> str:
    held: dict[str, dict[str, float]] = {}
    for side in sides:
        with psycopg.connect(side.url) as connection:
            connection.execute("ANALYZE")
            for relation, size in connection.execute(_SIZES).fetchall():
                held.setdefault(relation, {})[side.name] = float(size) / payments
    lines = ["| bytes a payment | " + " | ".join(s.name for s in sides) + " |", "|---|" + "---:|" * len(sides)]
    for relation, sizes in sorted(held.items()):
        lines.append(f"| {relation} | " + " | ".join(f"{sizes.get(side.name, 0):,.0f}" for side in sides) + " |")
    return "\n".join(lines)
