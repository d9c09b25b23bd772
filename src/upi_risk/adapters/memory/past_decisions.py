"""Everybody's committed decisions in memory."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Final

from upi_risk.adapters.memory.store import MemoryStore
from upi_risk.domain.backtest import DecisionPage, Outcome, Voice
from upi_risk.domain.degraded import BY_RULES
from upi_risk.domain.person import IN_CLEAR, PhoneKeys
from upi_risk.domain.policy import SANDBOX
from upi_risk.domain.rules import FACTS
from upi_risk.domain.transaction import Transaction

PAGE: Final = 100


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
        self, first: datetime | None, end: datetime | None, facts: Sequence[str], *, vectors: bool
    ) -> AsyncGenerator[DecisionPage, None]:
        """The decisions, in pages."""
        found = self._within(first, end)
        for begin in range(0, len(found), PAGE):
            yield self._page(found[begin : begin + PAGE], facts, vectors=vectors)

    def _within(self, first: datetime | None, end: datetime | None) -> list[Transaction]:
        held = [row for rows in self._store.transactions.values() for row in rows.values()]
        return [
            row for row in held if (first is None or row.payment.at >= first) and (end is None or row.payment.at < end)
        ]

    def _page(self, rows: Sequence[Transaction], facts: Sequence[str], *, vectors: bool) -> DecisionPage:
        said = [row.assessment for row in rows]
        return DecisionPage(
            transaction_ids=[row.payment.transaction_id for row in rows],
            user_ids=[row.payment.user_id for row in rows],
            receivers=[row.payment.receiver for row in rows],
            at=[row.payment.at for row in rows],
            amount_paise=[row.payment.amount_paise for row in rows],
            decisions=[one.decision for one in said],
            scores=[one.score if one.model_score is None else one.model_score for one in said],
            voices=[_voice(row) for row in rows],
            outcomes=[_outcome(row) for row in rows],
            facts={name: [self._fact(row, name) for row in rows] for name in facts},
            vectors=[row.features for row in rows] if vectors else None,
        )

    def _fact(self, row: Transaction, name: str) -> float | None:
        if name == "is_own_number":
            return float(self._phones.own(row.payment.receiver, self._store.users[row.payment.user_id].phone_key))
        place = FACTS.index(name)
        return row.features[place] if place < len(row.features) else None


def _voice(row: Transaction) -> Voice:
    if row.assessment.policy_version.endswith(BY_RULES):
        return Voice.RULES
    by_table = row.assessment.probability is None and row.payment.receiver in SANDBOX
    return Voice.TABLE if by_table else Voice.MODEL


def _outcome(row: Transaction) -> Outcome:
    if row.reported_at is not None:
        return Outcome.FRAUD
    return Outcome.UNKNOWN if row.settled_at is None else Outcome.GOOD
