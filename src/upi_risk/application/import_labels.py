"""Files of labels, such as chargebacks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from upi_risk.application.audited_operating import Jot, fingerprint
from upi_risk.application.record_label import Recorded
from upi_risk.domain.audit import Deed
from upi_risk.domain.indian_time import epoch_us
from upi_risk.domain.labels import FileLabel, Label, Labels

CHUNK: Final = 10_000
"""Labels whose payments are looked for together."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file.

    Attributes:
        recorded: how many labels came to what.
        unknown: labels of transactions that nobody has; the first of these by id, at most ten.
    """

    recorded: dict[Recorded, int]
    unknown: int
    examples: tuple[str, ...]


class ImportLabels:
    """Finds the payer of each label's payment and records it; doing so again changes nothing, and is noted again."""

    def __init__(self, labels: Labels, record: Callable[[Label], Awaitable[Recorded]], note: Jot) -> None:
        self._labels = labels
        self._record = record
        self._note = note

    async def __call__(self, said: Sequence[FileLabel], progress: Callable[[int], None]) -> Imported:
        """Record labels in order; ``progress`` is told how many are done.

        Raises:
            StoreUnavailableError: the store failed; what was recorded stays, and importing again goes on from there.
        """
        await self._note(Deed.LABELS_IMPORTED, _fingerprint(said), f"{len(said)} labels")
        recorded = dict.fromkeys(Recorded, 0)
        unknown: list[str] = []
        for begin in range(0, len(said), CHUNK):
            chunk = said[begin : begin + CHUNK]
            payers = await self._labels.payers([label.transaction_id for label in chunk])
            for number, label in enumerate(chunk, begin + 1):
                user_id = payers.get(label.transaction_id)
                if user_id is None:
                    unknown.append(label.transaction_id)
                else:
                    recorded[await self._record(label.of(user_id))] += 1
                progress(number)
        return Imported(recorded, len(unknown), tuple(sorted(set(unknown))[:10]))


def _fingerprint(said: Sequence[FileLabel]) -> str:
    """Of what a file says, whatever its form."""
    rows = (f"{one.transaction_id},{one.source},{one.fraud},{epoch_us(one.at)}" for one in said)
    return fingerprint("\n".join(rows))
