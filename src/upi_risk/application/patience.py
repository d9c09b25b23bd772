"""How long those who ask wait for an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """How long questions wait.

    Attributes:
        deadline_seconds: from a question to its answer at most; a batch that takes longer is abandoned.
        waiting_seconds: when a question has waited so long for its batch to begin, further ones are refused at once.
        most_waiting: and so they are when so many wait.
        by_pace: and so they are while the process is short of time and would answer them later than after a quarter
            of ``waiting_seconds``; see :class:`~upi_risk.application.room.Room`.
        computed: tells for how many seconds the loop's thread has computed; by itself none.
    """

    deadline_seconds: float = 0.45
    waiting_seconds: float = 0.2
    most_waiting: int = 4_096
    by_pace: bool = False
    computed: Callable[[], float] = float
