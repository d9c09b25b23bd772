"""Everybody's committed decisions in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from math import nan
from typing import Final

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.backtest import DECISIONS, OUTCOMES, VOICES, DecisionPage, Names, Outcome, Voice
from upi_risk.domain.degraded import BY_RULES
from upi_risk.domain.person import IN_CLEAR, PhoneKeys
from upi_risk.domain.policy import SANDBOX
from upi_risk.domain.rules import FACTS
from upi_risk.domain.transaction import Transaction

PAGE: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class MemoryPastDecisions:
    """See :class:`upi_risk.domain.backtest.PastDecisions`."""

    def __init__(self, store: MemoryStore, phones: PhoneKeys = IN_CLEAR) -> None:
        """``phones`` tells a payer's own phone."""
        self._store = store
        self._phones = phones

    async def count(self, first: datetime | None, end: datetime | None) -> int:
        """How many there are."""
        return len(self._within(first, end))

    async def read(
        self, first: datetime | None, end: datetime | None, facts: Sequence[str], *, names: bool
    ) -> AsyncGenerator[DecisionPage, None]:
        """The decisions, in pages."""
        found = self._within(first, end)
        for begin in range(0, len(found), PAGE):
            yield self._page(found[begin : begin + PAGE], facts, names=names)

    def _within(self, first: datetime | None, end: datetime | None) -> list[Transaction]:
        held = [row for rows in self._store.transactions.values() for row in rows.values()]
        return [
            row for row in held if (first is None or row.payment.at >= first) and (end is None or row.payment.at < end)
        ]

    def _page(self, rows: Sequence[Transaction], facts: Sequence[str], *, names: bool) -> DecisionPage:
        said, paid = [row.assessment for row in rows], [row.payment for row in rows]
        told = Names(
            transaction_ids=[one.transaction_id for one in paid],
            user_ids=[one.user_id for one in paid],
            receivers=[one.receiver for one in paid],
        )
        return DecisionPage(
            at=[(one.at - _EPOCH) // timedelta(microseconds=1) for one in paid],
            amount_paise=[one.amount_paise for one in paid],
            decisions=[DECISIONS.index(one.decision) for one in said],
            scores=[one.score if one.model_score is None else one.model_score for one in said],
            voices=[VOICES.index(_voice(row)) for row in rows],
            outcomes=[OUTCOMES.index(_outcome(row)) for row in rows],
            facts={name: [self._fact(row, name) for row in rows] for name in facts},
            names=told if names else None,
        )

    def _fact(self, row: Transaction, name: str) -> float:
        if name == "is_own_number":
            return float(self._phones.own(row.payment.receiver, self._store.users[row.payment.user_id].phone_key))
        place = FACTS.index(name)
        return row.features[place] if place < len(row.features) else nan


def _voice(row: Transaction) -> Voice:
    if row.assessment.policy_version.endswith(BY_RULES):
        return Voice.RULES
    by_table = row.assessment.probability is None and row.payment.receiver in SANDBOX
    return Voice.TABLE if by_table else Voice.MODEL


def _outcome(row: Transaction) -> Outcome:
    if row.reported_at is not None:
        return Outcome.FRAUD
    return Outcome.UNKNOWN if row.settled_at is None else Outcome.GOOD
