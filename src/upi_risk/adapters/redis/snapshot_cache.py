"""The cache of snapshots in Redis.

A user is a hash with the fields ``s`` (state), ``v`` (version), ``n`` (pairs held) and ``p:<receiver>`` for each pair
held; a receiver a hash with ``s``, ``v`` (its number of reports), ``n``, and in ``d`` what payments added since. One
script writes both. A hash is read and written whole, so that a pair is always of its user's version; the braces keep a
user's data together in a cluster.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import partial
from hashlib import sha1
from typing import Any, Final, Generic, TypeVar

import msgspec
from redis.exceptions import NoScriptError, ResponseError

from upi_risk.adapters.redis.best_effort import BestEffort, Command, Guard
from upi_risk.adapters.redis.client import Client
from upi_risk.adapters.redis.records import (
    ADDED_BYTES,
    PayeeRecord,
    ReceiverRecord,
    UserRecord,
    added_record,
    added_tiles,
    pack,
    payee_record,
    receiver_record,
    user_record,
)
from upi_risk.domain.history import CacheEntry, Snapshot, Wanted
from upi_risk.domain.payment import UpiId
from upi_risk.domain.receiver import Receiver, ReceiverDelta
from upi_risk.domain.user import Payee, User

Value = TypeVar("Value")

USER_LIFE_MS: Final = 30 * 60_000
RECEIVER_LIFE_MS: Final = 60 * 60_000

WRITE: Final = b"""
local key, version, previous = KEYS[1], tonumber(ARGV[1]), ARGV[2]
local held = redis.call('HGET', key, 'v')
local number = held and tonumber(held)
if number and (version < number or (version == number and previous ~= '')) then return 0 end
if not number or (version > number and held ~= previous) then redis.call('DEL', key) end
redis.call('HSET', key, 's', ARGV[3], 'v', ARGV[1], 'n', 0, unpack(ARGV, 5))
redis.call('HSET', key, 'n', redis.call('HLEN', key) - 3)
redis.call('PEXPIRE', key, ARGV[4])
return 1
"""
"""KEYS: the hash. ARGV: version, version it follows on or '', state, life in ms, then the pairs' fields and values."""

ADD: Final = b"""
local held = redis.call('HGET', KEYS[1], 'd')
if not held then return 0 end
if #held >= tonumber(ARGV[2]) then return redis.call('HDEL', KEYS[1], 'd') end
return redis.call('HSET', KEYS[1], 'd', held .. ARGV[1])
"""
"""KEYS: a receiver's hash. ARGV: what a payment added, and bytes of such at which no more is kept."""

MOST_ADDED: Final = 32
"""Payments that are kept beside a receiver's copy; a busier receiver is read anew in the next hour."""

Script = tuple[str, bytes]
_WRITE: Final[Script] = (sha1(WRITE, usedforsecurity=False).hexdigest(), WRITE)
_ADD: Final[Script] = (sha1(ADD, usedforsecurity=False).hexdigest(), ADD)


MOST_READ: Final = 2_048
"""Users, and as many receivers, whose records need not be read again while they are the same to the byte."""


class _Read(Generic[Value]):
    """What records said that were read or written lately, by key, the one longest there first."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held: dict[str, tuple[bytes, Value]] = {}

    def get(self, key: str, record: bytes) -> Value | None:
        """What this record says, if it is the one last seen under the key."""
        held = self._held.get(key)
        return held[1] if held is not None and held[0] == record else None

    def put(self, key: str, record: bytes, value: Value) -> None:
        """Remember what a record says."""
        self._held[key] = (record, value)
        if len(self._held) > MOST_READ:
            del self._held[next(iter(self._held))]


class RedisSnapshotCache:
    """See :class:`upi_risk.domain.ports.SnapshotCache`.

    Attributes:
        garbage: keys that held what they should not, and were removed.
    """

    def __init__(self, client: Client, *, prefix: str = "upi:", guard: Guard | None = None) -> None:
        """Keys of all kinds begin with the prefix; ``guard`` is shared with others of the same server."""
        self._redis = BestEffort(client, guard)
        self._prefix = prefix
        self._users = _Read[User]()
        self._receivers = _Read[Receiver]()
        self._busy: dict[UpiId, None] = {}
        self.garbage = 0

    @property
    def failures(self) -> int:
        """Calls that got no answer because Redis failed or was too slow."""
        return self._redis.failures

    @property
    def skipped(self) -> int:
        """Calls that were not made because the ones before had failed."""
        return self._redis.skipped

    async def read(self, wanted: Sequence[Wanted]) -> Snapshot:
        """What is held, in one pipeline."""
        pairs: dict[str, dict[UpiId, None]] = {}
        for item in wanted:
            asked = pairs.setdefault(item.user_id, {})
            if item.receiver is not None:
                asked[item.receiver] = None
        receivers = list({receiver: None for asked in pairs.values() for receiver in asked})
        commands: list[Command] = [
            ("HMGET", self._user_key(user_id), "s", "n", *[f"p:{receiver}" for receiver in asked])
            for user_id, asked in pairs.items()
        ]
        commands += [("HMGET", self._receiver_key(receiver), "s", "d") for receiver in receivers]
        replies = await self._redis.run(commands)
        snapshot = Snapshot()
        if replies is None:
            return snapshot
        garbage = [
            *self._read_users(pairs, replies[: len(pairs)], snapshot),
            *self._read_receivers(receivers, replies[len(pairs) :], snapshot),
        ]
        await self._remove(garbage)
        return snapshot

    async def write_users(self, entries: Sequence[CacheEntry], settled: Sequence[ReceiverDelta] = ()) -> None:
        """Keep newer states, and what settled beside its receivers."""
        users = [(_WRITE, self._user_arguments(entry)) for entry in entries]
        added = [
            (_ADD, (self._receiver_key(delta.receiver), added_record(delta.hour), MOST_ADDED * ADDED_BYTES))
            for delta in settled
            if delta.hour is not None and delta.receiver not in self._busy
        ]
        await self._write([*users, *added])

    async def write_receivers(self, receivers: Sequence[Receiver]) -> None:
        """Keep receivers."""
        for receiver in receivers:
            self._busy.pop(receiver.upi_id, None)
        await self._write([(_WRITE, self._receiver_arguments(receiver)) for receiver in receivers])

    def _read_users(self, pairs: dict[str, dict[UpiId, None]], replies: list[Any], snapshot: Snapshot) -> Iterable[str]:
        """Add users and pairs to the snapshot; yields the keys of garbage."""
        for (user_id, asked), reply in zip(pairs.items(), replies, strict=True):
            try:
                user, payees = self._user(user_id, list(asked), reply)
            except (msgspec.DecodeError, TypeError, ValueError, ResponseError):
                yield self._user_key(user_id)
                continue
            if user is not None:
                snapshot.users[user_id] = user
                snapshot.payees |= {(user_id, payee.receiver): payee for payee in payees}

    def _read_receivers(self, receivers: list[UpiId], replies: list[Any], snapshot: Snapshot) -> Iterable[str]:
        for upi_id, reply in zip(receivers, replies, strict=True):
            try:
                receiver = self._receiver(upi_id, reply, snapshot)
            except (msgspec.DecodeError, TypeError, ValueError, ResponseError):
                yield self._receiver_key(upi_id)
                continue
            if receiver is not None:
                snapshot.receivers[upi_id] = receiver

    def _user(
        self,
        user_id: str,
        asked: Iterable[UpiId],
        reply: Any,  # noqa: ANN401 - bytes, an error, or anything
    ) -> tuple[User | None, list[Payee]]:
        """Read the reply about a user: state, number of pairs held, and each pair asked for.

        Raises:
            ValueError: it is not what we write.
            ResponseError: the key holds something else altogether.
        """
        if isinstance(reply, ResponseError):
            raise reply
        state, held, *pairs = reply
        if state is None:
            return None, []
        user = self._users.get(user_id, state)
        if user is None:
            user = user_record(state).value()
            if user.user_id != user_id:
                raise ValueError(user_id)
            self._users.put(user_id, state, user)
        holds_all = int(held or b"") == user.payee_count
        return user, list(_payees(user_id, zip(asked, pairs, strict=True), holds_all=holds_all))

    def _receiver(
        self,
        upi_id: UpiId,
        reply: Any,  # noqa: ANN401 - bytes, an error, or anything
        snapshot: Snapshot,
    ) -> Receiver | None:
        if isinstance(reply, ResponseError):
            raise reply
        state, added = reply
        if state is None:
            return None
        receiver = self._receivers.get(upi_id, state)
        if receiver is None:
            receiver = receiver_record(state).value()
            if receiver.upi_id != upi_id:
                raise ValueError(upi_id)
            self._receivers.put(upi_id, state, receiver)
        if added is None:
            self._note_busy(upi_id)
            return receiver
        if len(added) % ADDED_BYTES:
            raise ValueError(upi_id)
        snapshot.added[upi_id] = partial(added_tiles, added)
        self._busy.pop(upi_id, None)
        return receiver

    def _note_busy(self, upi_id: UpiId) -> None:
        """Nothing is kept beside this receiver's copy any more: it need not be sent, until a read says otherwise."""
        self._busy[upi_id] = None
        if len(self._busy) > MOST_READ:
            del self._busy[next(iter(self._busy))]

    def _user_arguments(self, entry: CacheEntry) -> Command:
        key = self._user_key(entry.user.user_id)
        previous = "" if entry.previous_version is None else entry.previous_version
        fields: list[object] = []
        for payee in entry.payees:
            if payee.exists:
                fields += (f"p:{payee.receiver}", pack(PayeeRecord.of(payee)))
        state = pack(UserRecord.of(entry.user))
        self._users.put(entry.user.user_id, state, entry.user)
        return (key, entry.user.version, previous, state, _life(key, USER_LIFE_MS), *fields)

    def _receiver_arguments(self, receiver: Receiver) -> Command:
        key = self._receiver_key(receiver.upi_id)
        state = pack(ReceiverRecord.of(receiver))
        return (key, receiver.report_count, "", state, _life(key, RECEIVER_LIFE_MS), "d", b"")

    async def _write(self, calls: list[tuple[Script, Command]]) -> None:
        """Run scripts, each on a key, by their digests; a server that does not know one is sent the script itself."""
        broken: list[str] = []
        for command, form in (("EVALSHA", 0), ("EVAL", 1)):
            replies = await self._redis.run([(command, script[form], 1, *arguments) for script, arguments in calls])
            answered = list(zip(calls, replies or (), strict=False))
            calls = [call for call, reply in answered if isinstance(reply, NoScriptError)]
            errors = (call for call, reply in answered if isinstance(reply, ResponseError))
            broken += [call[1][0] for call in errors if call not in calls]
        await self._remove(broken)

    async def _remove(self, keys: list[str]) -> None:
        if not keys:
            return
        self.garbage += len(keys)
        await self._redis.run([("DEL", key) for key in keys])

    def _user_key(self, user_id: str) -> str:
        return f"{self._prefix}u:{{{user_id}}}"

    def _receiver_key(self, receiver: UpiId) -> str:
        return f"{self._prefix}r:{receiver}"


def _payees(user_id: str, pairs: Iterable[tuple[UpiId, bytes | None]], *, holds_all: bool) -> Iterable[Payee]:
    for receiver, pair in pairs:
        if pair is not None:
            payee = payee_record(pair).value()
            if (payee.user_id, payee.receiver) != (user_id, receiver):
                raise ValueError(user_id)
            yield payee
        elif holds_all:
            yield Payee(user_id, receiver)


def _life(key: str, longest_ms: int) -> int:
    """A life up to a tenth shorter, so that what was written together does not end together."""
    return longest_ms - zlib.crc32(key.encode()) % (longest_ms // 10)
