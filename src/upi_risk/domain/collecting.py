"""Labelled history on its way out: past checks as a transactions file may hold them, and under which names."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from upi_risk.domain.feature_sets import FEATURE_SETS
from upi_risk.domain.features import NAMES, Vector

IN_FLIGHT: Final = timedelta(minutes=1)
"""An event of a minute ago is committed, or never will be: every statement of the service ends sooner."""

_LOGIN_COUNT: Final = NAMES.index("login_count")
_LENGTHS: Final = frozenset(len(each.names) for each in FEATURE_SETS.values())
"""Every set begins with the 14."""


@dataclass(frozen=True, slots=True)
class PastCheck:
    """One answered check, what it was answered from, and what became of it.

    Attributes:
        at: when it was asked.
        settled_at: when the payment happened; None if it has not.
        reported_at: when the payer called it fraud; None if never.
        signed_up_at: when the payer signed up.
        features: the vector that was scored.
        score: on the policy's scale.
        decision: ``ALLOW``, ``VERIFY`` or ``BLOCK``.
        probability: of fraud, calibrated; None where the answer did not keep it.
    """

    at: datetime
    user_id: str
    receiver: str
    amount_paise: int
    settled_at: datetime | None
    reported_at: datetime | None
    signed_up_at: datetime
    features: Vector
    score: float
    decision: str
    model_version: str
    probability: float | None

    @property
    def login_count(self) -> int:
        """The payer's sign-ins at that time, as they were logged; 1 where the vector is another release's."""
        return int(self.features[_LOGIN_COUNT]) if len(self.features) in _LENGTHS else 1


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What is exported. Everything in it stays the same when an export that was interrupted goes on.

    Attributes:
        since: the first instant; None for the beginning.
        until: the instant it ends before; None for all there is.
        as_of: outcomes and reports from this instant on are left out, and so are checks: what was known then is what
            is exported, however long it takes.
        key: makes the pseudonyms.
        own_key: whether the key is the operator's, who keeps it; if not, it was drawn for this export alone.
    """

    since: datetime | None
    until: datetime | None
    as_of: datetime
    key: str
    own_key: bool

    @property
    def end(self) -> datetime:
        """The instant before which checks are exported."""
        return self.as_of if self.until is None else min(self.until, self.as_of)

    def pseudonym(self, name: str) -> str:
        """128 bits in hexadecimal: the same for the same name and key, and without the key nobody's.

        Receivers get one, too: a UPI id is often a phone number with a handle.
        """
        key = hashlib.blake2b(self.key.encode()).digest()
        return hashlib.blake2b(name.encode(), digest_size=16, key=key).hexdigest()

    def known(self, check: PastCheck) -> PastCheck:
        """A check as it was known at :attr:`as_of`, under pseudonyms."""
        return replace(
            check,
            user_id=self.pseudonym(check.user_id),
            receiver=self.pseudonym(check.receiver),
            settled_at=self._if_known(check.settled_at),
            reported_at=self._if_known(check.reported_at),
        )

    def _if_known(self, at: datetime | None) -> datetime | None:
        return at if at is not None and at < self.as_of else None


@dataclass(frozen=True, slots=True)
class ExportState:
    """How far an export has come.

    Attributes:
        rows: exported so far.
        frauds: of these, reported as fraud.
        parts: files they lie in.
        after: the last instant exported; None if nothing was.
        done: whether it is complete.
    """

    plan: ExportPlan
    rows: int = 0
    frauds: int = 0
    parts: int = 0
    after: datetime | None = None
    done: bool = False


class PastChecks(Protocol):
    """Everybody's committed checks."""

    async def count(self, first: datetime | None, end: datetime) -> int:
        """How many there are from the first instant (None: the beginning) until before the end.

        Raises:
            StoreUnavailableError: the store cannot be read.
        """

    def read(self, first: datetime | None, end: datetime) -> AsyncGenerator[Sequence[PastCheck], None]:
        """The same ones by instant, then by user, as of one moment; in pages, so that any number fits into memory.

        Raises:
            StoreUnavailableError: the store cannot be read, or not to the end.
        """


class ExportFolder(Protocol):
    """Where an export is put down, in parts that are there as a whole or not at all."""

    def begin(self, plan: ExportPlan) -> ExportState:
        """Begin an export, or find the one that was begun with the same wishes; its own plan is then the one to follow.

        Raises:
            UnusableDataError: the folder holds something else, an export of other wishes or under another key, or
                cannot be written.
        """

    def add(self, checks: Sequence[PastCheck]) -> ExportState:
        """Put down the next part; at least one check, later than all before. It lasts once this returns."""

    def finish(self) -> ExportState:
        """Call the export complete, and forget a key that was drawn for it."""
