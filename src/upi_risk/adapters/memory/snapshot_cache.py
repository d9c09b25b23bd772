"""The cache of snapshots in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from upi_risk.domain.history import CacheEntry, Snapshot, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.ports import Clock
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.user import Payee, User

USER_LIFE: Final = timedelta(minutes=30)
RECEIVER_LIFE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _HeldUser:
    user: User
    payees: dict[UpiId, Payee]
    until: datetime


class MemorySnapshotCache:
    """See :class:`upi_risk.domain.ports.SnapshotCache`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._users: dict[str, _HeldUser] = {}
        self._receivers: dict[UpiId, tuple[Receiver, datetime]] = {}

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
                snapshot.receivers[item.receiver] = receiver
        return snapshot

    async def write_users(self, entries: Sequence[CacheEntry]) -> None:
        """Keep newer states."""
        for entry in entries:
            self._write_user(entry)

    async def write_receivers(self, receivers: Sequence[Receiver]) -> None:
        """Keep receivers."""
        until = self._clock.now() + RECEIVER_LIFE
        for receiver in receivers:
            held = self._receiver(receiver.upi_id)
            if held is None or held.report_count <= receiver.report_count:
                self._receivers[receiver.upi_id] = (receiver, until)

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

    def _receiver(self, upi_id: UpiId) -> Receiver | None:
        held = self._receivers.get(upi_id)
        return held[0] if held is not None and self._clock.now() < held[1] else None


def _payee(held: _HeldUser | None, receiver: UpiId) -> Payee | None:
    if held is None:
        return None
    payee = held.payees.get(receiver)
    if payee is None and len(held.payees) == held.user.payee_count:
        return Payee(held.user.user_id, receiver)
    return payee
