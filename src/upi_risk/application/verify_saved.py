"""Proof that what was answered is what was saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from upi_risk.domain.ports import History
from upi_risk.domain.transaction import Transaction

PAGE = 100


class VerifySaved:
    """Reads every answered user's whole history back and compares it with the answers, row for row."""

    def __init__(self, history: History) -> None:
        self._history = history

    async def __call__(self, answers: Sequence[Transaction], progress: Callable[[int], None]) -> list[str]:
        """What differs; empty when exactly the answered rows are there, each with the same question and answer.

        Args:
            answers: as they were given, of users who have no other transactions.
            progress: told how many rows each step has compared.

        Returns:
            A sentence for each difference, without personal data.
        """
        expected: dict[str, dict[str, Transaction]] = {}
        for answer in answers:
            expected.setdefault(answer.payment.user_id, {})[answer.payment.transaction_id] = answer
        differences: list[str] = []
        for user_id, owed in expected.items():
            before: datetime | None = None
            saved: dict[str, Transaction] = {}
            while page := await self._history.page(user_id, before, PAGE):
                saved |= {row.payment.transaction_id: row for row in page}
                before = page[-1].payment.at
            differences += _compare(owed, saved)
            progress(len(owed))
        return differences


def _compare(owed: dict[str, Transaction], saved: dict[str, Transaction]) -> list[str]:
    missing = [f"{name}: answered, not saved" for name in owed.keys() - saved.keys()]
    extra = [f"{name}: saved, not answered" for name in saved.keys() - owed.keys()]
    other = [
        f"{name}: saved otherwise than answered"
        for name in owed.keys() & saved.keys()
        if _essence(owed[name]) != _essence(saved[name])
    ]
    return missing + extra + other


def _essence(transaction: Transaction) -> tuple[object, ...]:
    """Everything that was settled when the answer was given; outcome and report come later."""
    return transaction.payment, transaction.features, transaction.assessment
