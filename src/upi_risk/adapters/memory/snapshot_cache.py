"""The cache of snapshots in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from upi_risk.domain.history import CacheEntry, Snapshot, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.ports import Clock
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.tiles import Tile
from upi_risk.domain.user import Payee, User

USER_LIFE: Final = timedelta(minutes=30)
RECEIVER_LIFE: Final = timedelta(hours=1)

MOST_ADDED: Final = 32
"""Payments that are kept beside a receiver's copy."""


@dataclass(frozen=True, slots=True)
class _HeldUser:
    user: User
    payees: dict[UpiId, Payee]
    until: datetime


@dataclass(slots=True)
class _HeldReceiver:
    receiver: Receiver
    until: datetime
    added: list[Tile] | None = field(default_factory=list)


class MemorySnapshotCache:
    """See :class:`upi_risk.domain.ports.SnapshotCache`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._users: dict[str, _HeldUser] = {}
        self._receivers: dict[UpiId, _HeldReceiver] = {}

    async def read(self, wanted: Sequence[Wanted]) -> Snapshot:
        """What is held of the users, pairs and receivers wanted."""
        snapshot = Snapshot()
        for item in wanted:
            held = self._user(item.user_id)
            if held is not None:
                snapshot.users[item.user_id] = held.user
            if item.receiver is None:
                continue
            payee = _payee(held, item.receiver)
            if payee is not None:
                snapshot.payees[item.user_id, item.receiver] = payee
            receiver = self._receiver(item.receiver)
            if receiver is not None:
                snapshot.receivers[item.receiver] = receiver.receiver
                if receiver.added is not None:
                    added = tuple(receiver.added)
                    snapshot.added[item.receiver] = lambda added=added: added  # type: ignore[misc]
        return snapshot

    async def write_users(self, entries: Sequence[CacheEntry], settled: Sequence[ReceiverDelta] = ()) -> None:
        """Keep newer states, and what settled beside its receivers."""
        for entry in entries:
            self._write_user(entry)
        for delta in settled:
            self._add(delta)

    async def write_receivers(self, receivers: Sequence[Receiver]) -> None:
        """Keep receivers."""
        until = self._clock.now() + RECEIVER_LIFE
        for receiver in receivers:
            held = self._receiver(receiver.upi_id)
            if held is None or held.receiver.report_count <= receiver.report_count:
                self._receivers[receiver.upi_id] = _HeldReceiver(receiver, until)

    def clear(self) -> None:
        """Forget everything."""
        self._users.clear()
        self._receivers.clear()

    def _write_user(self, entry: CacheEntry) -> None:
        user, filled = entry.user, entry.previous_version is None
        held = self._user(user.user_id)
        version = 0 if held is None else held.user.version
        if version > user.version or (version == user.version and not filled):
            return
        kept: dict[UpiId, Payee] = {}
        if held is not None and version == (user.version if filled else entry.previous_version):
            kept = held.payees
        known = {payee.receiver: payee for payee in entry.payees if payee.exists}
        self._users[user.user_id] = _HeldUser(user, kept | known, self._clock.now() + USER_LIFE)

    def _user(self, user_id: str) -> _HeldUser | None:
        held = self._users.get(user_id)
        return held if held is not None and self._clock.now() < held.until else None

    def _receiver(self, upi_id: UpiId) -> _HeldReceiver | None:
        held = self._receivers.get(upi_id)
        return held if held is not None and self._clock.now() < held.until else None

    def _add(self, delta: ReceiverDelta) -> None:
        held = self._receiver(delta.receiver)
        if held is not None and held.added is not None and delta.hour is not None:
            held.added = [*held.added, delta.hour] if len(held.added) < MOST_ADDED else None


def _payee(held: _HeldUser | None, receiver: UpiId) -> Payee | None:
    if held is None:
        return None
    payee = held.payees.get(receiver)
    if payee is None and len(held.payees) == held.user.payee_count:
        return Payee(held.user.user_id, receiver)
    return payee
