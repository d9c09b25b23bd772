"""Messages that wait for subscribers, and who carries them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from upi_risk.domain.webhooks import Event, EventKind, Webhook


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one subscriber.

    Attributes:
        webhook_id: the subscription.
        event_id: what is told.
        kind: what it is.
        body: exactly as it is signed and sent.
        attempts: made so far, the one under way included.
        url: where it goes.
        secret: that signs it; None where what is kept of it cannot be opened.
    """

    webhook_id: str
    event_id: str
    kind: EventKind
    body: str
    attempts: int
    url: str
    secret: str | None


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody took.

    Attributes:
        attempts: made.
        died_at: when the last one failed.
        error: why.
    """

    webhook_id: str
    event_id: str
    kind: EventKind
    attempts: int
    died_at: datetime
    error: str


class Answered(NamedTuple):
    """What became of an attempt: a status, or what went wrong before there was one."""

    status: int | None
    error: str = ""

    @property
    def taken(self) -> bool:
        """Whether the subscriber took the message."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's successes

    @property
    def final(self) -> bool:
        """Whether the subscriber wants no such message ever again: 410."""
        return self.status == 410  # noqa: PLR2004 - Gone

    def __str__(self) -> str:
        return self.error if self.status is None else f"status {self.status}"


class Webhooks(Protocol):
    """Who has subscribed to what."""

    async def add(self, webhook: Webhook) -> None:
        """Subscribe, in the place of one of the same id; decisions are told within the seconds that processes poll.

        Raises:
            StoreUnavailableError: nothing is known of what was stored.
        """

    async def remove(self, webhook_id: str) -> bool:
        """End a subscription, with all that is still to be delivered. Returns whether there was one."""

    async def all(self) -> list[Webhook]:
        """Every subscription, by id."""


class Outbox(Protocol):
    """Messages that wait. Decisions and labels are put in by the ledger, in the commit that they tell of."""

    async def put(self, event: Event) -> None:
        """Put in a message for each subscriber of an event; one that is there already stays as it is."""

    async def claim(self, now: datetime, until: datetime, most: int) -> list[Delivery]:
        """Take messages that are due, the oldest first; nobody else gets them before an instant, then they are due."""

    async def record(self, delivery: Delivery, answered: Answered, at: datetime, again: datetime | None) -> None:
        """Keep what became of an attempt: one that was taken is forgotten; another is due again, or dead if never."""

    async def dead(self) -> list[DeadLetter]:
        """Dead messages, the oldest first."""

    async def replay(self, event_ids: Sequence[str], at: datetime) -> int:
        """Make dead messages due, with all attempts before them; all of them if none is named. Returns how many."""


class Courier(Protocol):
    """Carries messages."""

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answered:
        """Try once. Never raises, and follows no redirect.

        It goes to no address that :func:`~upi_risk.domain.webhooks.may_reach` refuses.
        """
