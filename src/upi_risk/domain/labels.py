"""Who says what a payment was, and whom to believe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol


class LabelSource(StrEnum):
    """Who says it, the least believed first."""

    PAYER = "payer"
    ANALYST = "analyst"
    CHARGEBACK = "chargeback"


_PRECEDENCE: Final = {source: place for place, source in enumerate(LabelSource)}


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody says of a payment.

    Attributes:
        user_id: the payer.
        fraud: or a good payment.
        at: when it was said; of two labels by one source the later one is a correction of the earlier.
    """

    user_id: str
    transaction_id: str
    source: LabelSource
    fraud: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class FileLabel:
    """A label as a file has it: whose payment it is about is still to be found out."""

    transaction_id: str
    source: LabelSource
    fraud: bool
    at: datetime

    def of(self, user_id: str) -> Label:
        """The label of a payment of this user."""
        return Label(user_id, self.transaction_id, self.source, self.fraud, self.at)


def believed(labels: Iterable[Label]) -> Label | None:
    """The label that counts: a chargeback before an analyst before the payer, and of each the latest."""
    return max(labels, key=lambda label: (_PRECEDENCE[label.source], label.at), default=None)


class Labels(Protocol):
    """Everything that was ever said of payments; nothing is overwritten."""

    async def of(self, user_id: str, transaction_id: str) -> list[Label]:
        """The labels of a payment, a payer's report that stands among them."""

    async def add(self, label: Label) -> None:
        """Keep a label; durable on return. What a source said at one instant is kept once."""

    async def payers(self, transaction_ids: Sequence[str]) -> Mapping[str, str]:
        """The user of each transaction, by its id; without those that nobody has."""
