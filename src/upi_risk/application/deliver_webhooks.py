"""Delivering what waits in the outbox: at least once, with pauses that grow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.outbox import Answered, Courier, Delivery, Outbox
from upi_risk.domain.ports import Clock
from upi_risk.domain.webhooks import headers_of, next_attempt

LEASE: Final = timedelta(seconds=60)
"""Longer than an attempt may take; a message whose worker died is due again after it."""

MOST_AT_ONCE: Final = 50

UNSIGNED: Final = Answered(None, "the secret cannot be opened: see DATA_KEY_PREVIOUS")
"""What becomes of a message that cannot be signed."""


class DeliverWebhooks:
    """Claims messages that are due, tries them side by side, and keeps what became of each."""

    def __init__(self, outbox: Outbox, courier: Courier, clock: Clock, luck: Callable[[], float]) -> None:
        """``luck`` draws a number from 0 to 1."""
        self._outbox = outbox
        self._courier = courier
        self._clock = clock
        self._luck = luck

    async def once(self) -> int:
        """Try what is due, at most :data:`MOST_AT_ONCE` messages. Returns how many were tried.

        Raises:
            StoreUnavailableError: what was tried but not kept is tried again after :data:`LEASE`.
        """
        now = self._clock.now()
        due = await self._outbox.claim(now, now + LEASE, MOST_AT_ONCE)
        await asyncio.gather(*map(self._try, due))
        return len(due)

    async def forever(self, seconds: float, tell: Callable[[Exception], None]) -> None:
        """Try again and again, with a pause where nothing is due; ends when it is cancelled.

        Args:
            seconds: of the pause.
            tell: hears of a store that failed.
        """
        while True:
            try:
                tried = await self.once()
            except StoreUnavailableError as error:
                tell(error)
                tried = 0
            if tried < MOST_AT_ONCE:
                await asyncio.sleep(seconds)

    async def _try(self, delivery: Delivery) -> None:
        answered = UNSIGNED
        if delivery.secret is not None:
            headers = headers_of(delivery.secret, delivery.event_id, self._clock.now(), delivery.body)
            answered = await self._courier.post(delivery.url, headers, delivery.body)
        at = self._clock.now()
        again = None if answered.final else next_attempt(delivery.attempts, at, self._luck())
        await self._outbox.record(delivery, answered, at, again)
