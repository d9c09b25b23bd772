"""Everybody's committed decisions in PostgreSQL: only the columns that are asked for, through a server-side cursor."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from upi_risk.adapters.postgres.errors import store_errors
from upi_risk.domain.backtest import DecisionPage, Outcome, Voice
from upi_risk.domain.decision import Decision
from upi_risk.domain.degraded import BY_RULES
from upi_risk.domain.person import PhoneKeys
from upi_risk.domain.policy import SANDBOX
from upi_risk.domain.rules import FACTS

PAGE: Final = 20_000

_PATIENCE: Final = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL enable_seqscan = on",
)
"""A backtest reads whole tables; nobody waits for it, and it waits for nobody."""

_WITHIN: Final = "t.checked_at >= '{first}'::timestamptz AND t.checked_at < '{end}'::timestamptz"
_COUNT: Final = f"SELECT count(*) FROM transactions t WHERE {_WITHIN}"  # noqa: S608 - constants

_TEST_RECEIVERS: Final = ", ".join(f"'{receiver}'" for receiver in SANDBOX)
_COLUMNS: Final = (
    "t.transaction_id::text",
    "t.user_id",
    "t.receiver_upi",
    "t.checked_at",
    "t.amount_paise",
    "t.decision",
    "coalesce(t.model_score, t.score)",
    f"""CASE WHEN t.policy_version LIKE '%{BY_RULES}' THEN 'rules'
             WHEN t.probability IS NULL AND t.receiver_upi IN ({_TEST_RECEIVERS}) THEN 'table' ELSE 'model' END""",
    "CASE WHEN t.reported_at IS NOT NULL THEN 'fraud' WHEN t.settled_at IS NOT NULL THEN 'good' ELSE 'unknown' END",
)
_DECISION: Final = {decision.value: decision for decision in Decision}
_VOICE: Final = {voice.value: voice for voice in Voice}
_OUTCOME: Final = {outcome.value: outcome for outcome in Outcome}

_DECLARE: Final = "DECLARE past_decisions NO SCROLL CURSOR FOR SELECT {columns} FROM transactions t{users} WHERE "
_OWN_NUMBER: Final = "is_own_number"
_USERS: Final = " JOIN users u USING (user_id)"
_FETCH: Final = f"FETCH FORWARD {PAGE} FROM past_decisions"


class PostgresPastDecisions:
    """See :class:`upi_risk.domain.backtest.PastDecisions`."""

    def __init__(self, engine: AsyncEngine, phones: PhoneKeys) -> None:
        """``phones`` tells a payer's own phone, which the database cannot."""
        self._engine = engine.execution_options(isolation_level="REPEATABLE READ")
        self._phones = phones

    async def count(self, first: datetime | None, end: datetime | None) -> int:
        """How many there are."""
        async with self._connection() as connection:
            return int((await connection.exec_driver_sql(_between(_COUNT, first, end))).scalar_one())

    async def read(
        self, first: datetime | None, end: datetime | None, facts: Sequence[str], *, vectors: bool
    ) -> AsyncGenerator[DecisionPage, None]:
        """The decisions, in pages."""
        columns = [*_COLUMNS, *map(_fact, facts), *(["t.features"] if vectors else [])]
        users = _USERS if _OWN_NUMBER in facts else ""
        declare = _DECLARE.format(columns=", ".join(columns), users=users) + _between(_WITHIN, first, end)
        async with self._connection() as connection:
            await connection.exec_driver_sql(declare.replace("%", "%%"))
            while page := (await connection.exec_driver_sql(_FETCH)).all():
                yield self._page(page, facts, vectors=vectors)

    def _page(self, rows: Sequence[Any], facts: Sequence[str], *, vectors: bool) -> DecisionPage:
        ids, users, receivers, at, paise, decisions, scores, voices, outcomes, *rest = zip(*rows, strict=True)
        found: dict[str, Sequence[Any]] = dict(zip(facts, rest, strict=False))
        if _OWN_NUMBER in found:
            found[_OWN_NUMBER] = [
                float(self._phones.own(*each)) for each in zip(receivers, found[_OWN_NUMBER], strict=True)
            ]
        return DecisionPage(
            transaction_ids=ids,
            user_ids=users,
            receivers=receivers,
            at=at,
            amount_paise=paise,
            decisions=[_DECISION[decision] for decision in decisions],
            scores=scores,
            voices=[_VOICE[voice] for voice in voices],
            outcomes=[_OUTCOME[outcome] for outcome in outcomes],
            facts=found,
            vectors=rest[-1] if vectors else None,
        )

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection]:
        with store_errors():
            async with self._engine.begin() as connection:
                for setting in _PATIENCE:
                    await connection.exec_driver_sql(setting)
                yield connection


def _between(statement: str, first: datetime | None, end: datetime | None) -> str:
    return statement.format(
        first=first.isoformat() if first else "-infinity", end=end.isoformat() if end else "infinity"
    )


def _fact(name: str) -> str:
    """What a fact is read from, itself but for one; null where a stored vector is too short to have it."""
    return "u.mobile" if name == _OWN_NUMBER else f"t.features[{FACTS.index(name) + 1}]"
