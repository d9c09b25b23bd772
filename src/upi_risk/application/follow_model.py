"""Serving the model that is named, also when another one is named meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard, Scored
from upi_risk.domain.ports import ModelStore, Scorer

LONGEST_WAIT: Final = 64
"""Looks to let pass, at most, before a model that was refused is tried again."""


class SwappingScorer:
    """A :class:`~upi_risk.domain.ports.Scorer` whose model can be replaced between two batches.

    A batch is decided without giving up the event loop, and :meth:`swap` is called on that loop: no batch sees two
    models, and the card it reads is that of the model that scores it.
    """

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer

    @property
    def card(self) -> ModelCard:
        """What the present model is."""
        return self._scorer.card

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        """The present model's answer; see the port."""
        return self._scorer.score(vectors)

    def swap(self, scorer: Scorer) -> None:
        """Serve another model from the next batch on."""
        self._scorer = scorer


@dataclass(frozen=True, slots=True)
class Swapped:
    """Another model serves."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The model that is named may not serve; the old one goes on.

    Attributes:
        wanted: its version; None if not even a name could be read.
        error: why.
    """

    serving: str
    wanted: str | None
    error: Exception


Event = Swapped | Refused


class FollowModel:
    """Looks which version is named, loads and proves another one in a thread, and swaps it in."""

    def __init__(self, models: ModelStore, scorer: SwappingScorer, tell: Callable[[Event], None]) -> None:
        """``tell`` hears of every swap, and of each refusal once."""
        self._models = models
        self._scorer = scorer
        self._tell = tell
        self._refused: str | None = None
        self._failures = 0
        self._wait = 0

    async def look(self) -> None:
        """Look once. Never raises: whatever is wrong with another model, the one that serves goes on.

        A model that was refused is tried again after 1, 2, 4 … 64 looks, since it may be on its way still.
        """
        serving, wanted = self._scorer.card.version, None
        try:
            wanted = await asyncio.to_thread(self._models.current)
            if wanted == serving:
                self._refused, self._failures = None, 0
                return
            if wanted == self._refused and self._wait > 0:
                self._wait -= 1
                return
            fresh = await asyncio.to_thread(self._models.load, wanted)
        except Exception as error:  # noqa: BLE001 - a model that cannot be had must not end the service
            self._refuse(Refused(serving, wanted, error))
            return
        self._scorer.swap(fresh)
        self._refused, self._failures = None, 0
        self._tell(Swapped(serving, fresh.card.version))

    async def forever(self, seconds: float) -> None:
        """Look again and again, with a pause of some seconds; ends when it is cancelled."""
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    def _refuse(self, refused: Refused) -> None:
        name = refused.wanted or ""
        if name != self._refused:
            self._refused, self._failures = name, 0
            self._tell(refused)
        self._wait = min(2**self._failures, LONGEST_WAIT)
        self._failures = min(self._failures + 1, LONGEST_WAIT)
