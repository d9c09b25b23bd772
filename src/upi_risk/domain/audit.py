"""Who did what to which and when: entries in a chain, in which nothing can be changed without being seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.indian_time import epoch_us

START: Final = bytes(32)
"""What stands before the first record."""

_HASH_BYTES: Final = 32
_LONGEST_NUMBER: Final = 18


class Deed(StrEnum):
    """What may be done that is kept."""

    SIGNED_UP = "signed-up"
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SIGNED_OUT_EVERYWHERE = "signed-out-everywhere"
    TOKEN_REUSED = "token-reused"  # noqa: S105 - the name of a deed
    ROLE_SET = "role-set"
    KEY_CREATED = "key-created"
    KEY_REVOKED = "key-revoked"
    MODEL_PROMOTED = "model-promoted"
    MODEL_ROLLED_BACK = "model-rolled-back"
    USER_ERASED = "user-erased"
    DATA_SEALED = "data-sealed"
    RETENTION = "retention"
    VERDICT = "verdict"
    RULES_APPLIED = "rules-applied"
    LIST_ADDED = "list-added"
    LIST_REMOVED = "list-removed"
    EXPERIMENT_STARTED = "experiment-started"
    EXPERIMENT_STOPPED = "experiment-stopped"
    LABELS_IMPORTED = "labels-imported"
    WEBHOOK_ADDED = "webhook-added"
    WEBHOOK_REMOVED = "webhook-removed"
    WEBHOOKS_REPLAYED = "webhooks-replayed"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was done. Names are ids alone: never a phone, a name or a UPI id.

    Attributes:
        at: when.
        actor: who did it: a user's id, ``key:ID``, or ``operator:NAME`` for somebody at the command line.
        deed: what, a :class:`Deed`.
        subject: to whom or what: an id or a version.
        detail: what else says what was done, as the role or the verdict.
    """

    at: datetime
    actor: str
    deed: str
    subject: str
    detail: str = ""

    def content(self, number: int) -> bytes:
        """The canonical form that is hashed: a JSON array, without blanks, in ASCII."""
        values = [number, epoch_us(self.at), self.actor, str(self.deed), self.subject, self.detail]
        return json.dumps(values, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: its last number and hash. Noted elsewhere, it shows that nothing was cut off.

    Attributes:
        number: of the last record; 0 where there is none.
        digest: its hash, 32 bytes.
    """

    number: int = 0
    digest: bytes = START

    def __str__(self) -> str:
        """Such as ``17:9f86d0…``, to be noted and read again."""
        return f"{self.number}:{self.digest.hex()}"

    @classmethod
    def read(cls, text: str) -> Head:
        """What :meth:`__str__` wrote.

        Raises:
            InvalidInputError: ``wrong_format`` of ``head``.
        """
        number, _, digest = text.partition(":")
        try:
            head = cls(int(number[: _LONGEST_NUMBER + 1]), bytes.fromhex(digest))
        except ValueError:
            raise InvalidInputError("head", "wrong_format") from None
        if len(number) > _LONGEST_NUMBER or head.number < 0 or len(head.digest) != _HASH_BYTES:
            raise InvalidInputError("head", "wrong_format")
        return head


@dataclass(frozen=True, slots=True)
class Record:
    """An entry in its place.

    Attributes:
        number: 1 for the first, then without gaps.
        entry: what was done.
        previous: the hash of the record before.
        digest: SHA-256 of ``previous`` and the entry's content.
    """

    number: int
    entry: Entry
    previous: bytes
    digest: bytes

    @property
    def head(self) -> Head:
        """The chain's end, as long as this is the last."""
        return Head(self.number, self.digest)


def chained(head: Head, entries: Sequence[Entry]) -> list[Record]:
    """Entries as the records that follow on a head."""
    records = []
    for entry in entries:
        number = head.number + 1
        digest = hashlib.sha256(head.digest + entry.content(number)).digest()
        records.append(Record(number, entry, head.digest, digest))
        head = Head(number, digest)
    return records


class BrokenChainError(Exception):
    """The chain is not what was written.

    Attributes:
        number: of the first record that is not as it was.
    """

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"The audit log was tampered with at record {number}: {reason}.")
        self.number = number


async def verify(records: AsyncGenerator[Record, None], noted: Head | None = None) -> Head:
    """Follow a whole chain from its beginning.

    Args:
        records: all of them, in order; closed in any case.
        noted: a head that the chain had at some time, if one was noted.

    Returns:
        The head that it has.

    Raises:
        BrokenChainError: a record was changed, removed, put in or moved; or the noted head is not in the chain.
    """
    head = Head()
    passed = noted is None or noted == head
    async with aclosing(records):
        async for record in records:
            if record.number != head.number + 1:
                raise BrokenChainError(head.number + 1, "it is missing or out of its place")
            (expected,) = chained(head, [record.entry])
            if record != expected:
                raise BrokenChainError(record.number, "its content or its hash is another")
            head = record.head
            passed = passed or head == noted
    if noted is not None and not passed:
        lost = noted.number > head.number
        raise BrokenChainError(
            min(noted.number, head.number + 1), "the end was cut off" if lost else "it is not the one that was noted"
        )
    return head


class AuditLog(Protocol):
    """Where entries are kept: added to, read, never changed."""

    async def append(self, entries: Sequence[Entry]) -> Head:
        """Add entries to the end of the chain, in order, all or none; durable on return. Answers the new head.

        Raises:
            StoreUnavailableError: nothing is known of what was added.
        """

    def records(self, after: int = 0) -> AsyncGenerator[Record, None]:
        """Every record with a greater number, in order, as of one moment; to be closed if it is not read to the end."""

    async def latest(self, count: int) -> list[Record]:
        """The last records, newest first."""
