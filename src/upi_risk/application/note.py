"""Writing down what was done."""

from __future__ import annotations

from collections.abc import Sequence

from upi_risk.application.coalesce import Coalesce
from upi_risk.application.patience import Patience
from upi_risk.domain.audit import AuditLog, Deed, Entry, Head
from upi_risk.domain.ports import Clock


class NoteDeeds:
    """Adds entries to the audit log; those that wait together are added together.

    The chain has one end, so that everybody waits for whoever is adding to it. In groups a process waits once for any
    number of entries.
    """

    def __init__(self, log: AuditLog, patience: Patience | None = None) -> None:
        async def append(entries: Sequence[Entry]) -> Sequence[Head]:
            head = await log.append(entries)
            return [head] * len(entries)

        self._append = Coalesce[Entry, Head](append, patience)

    async def __call__(self, entry: Entry) -> None:
        """Add an entry; durable on return.

        Raises:
            StoreUnavailableError: nothing is known of whether it was added.
        """
        await self._append(entry)

    async def drain(self) -> None:
        """Return when nothing is under way."""
        await self._append.drain()


class NoteAs:
    """Notes the deeds of one actor, at the time they are done."""

    def __init__(self, note: NoteDeeds, clock: Clock, actor: str) -> None:
        """``actor`` is who does them, as the audit log names them."""
        self._note = note
        self._clock = clock
        self._actor = actor

    async def __call__(self, deed: Deed, subject: str, detail: str = "") -> None:
        """Write down what is done to what; durable on return.

        Raises:
            StoreUnavailableError: nothing is known of whether it was added.
        """
        await self._note(Entry(self._clock.now(), self._actor, deed, subject, detail))
