"""How many questions there is room for: measured, as it depends on the machine, on its load and on the questions."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import Final

LEAST: Final = 128
"""So many are always let in: batches must not become too small, nor a hundred callers be refused for a hitch."""

LEAST_OF_A_STORE: Final = 64
"""Likewise where not one batch that was held up says that there is no room for more, but most of the latest."""

BOUNDLESS: Final = 1 << 30

LARGEST_BATCH: Final = 256

SHORT_OF_TIME_SECONDS: Final = 0.005
"""A loop whose timers are late by so much, on average, has more to do than it can."""

BUSY: Final = 0.9
"""So has one whose thread computes for such a share of the time."""

STOOD_STILL_SECONDS: Final = 0.02
"""A loop that was late by so much more than its thread computed was kept from running, by whom is not known here."""

_UNTIL: Final = 0.75
"""It has time again when both are below so much of that."""

_SLOW: Final = 2

_OF_ALL: Final = 4
"""A batch is one of so many that there is room for: two are under way, and two wait."""

_NEWEST: Final = 0.25
"""Weight of the newest sight in an average."""

_TELLING: Final = 16
"""Batches of so many, one upon the other, tell how long a question takes; much of a smaller one's time is its own."""

_PACES: Final = 5
_NO_TIME: Final = 1e-9

FORGOTTEN_SECONDS: Final = 10.0
"""After so long without a question nothing is known of a store any more."""


class Room:
    """Lets in what can be answered within a time, while there is too little of the event loop, or of a store.

    A queue that is bounded by how long somebody has waited in it does not see that the loop itself is one: what it has
    not read yet waits, too. So the loop's lateness is watched, and while it is short of time no more questions are let
    in than it answers within the time that they may take. A store that is slow by itself leaves the loop idle, and more
    questions at once make larger batches. So twice as long is allowed: as many are let in as would be answered within
    that by the middle one of the latest paces, which one batch that was held up does not change; and when even those
    that waited least take longer, what is answered within it by the average.

    Attributes:
        most: questions that may be under way, waiting ones included.
        batch: of these, as many as may be answered together. What a loop that is short of time does in one go must not
            take long: refusals wait meanwhile.
    """

    __slots__ = (
        "_busy",
        "_each",
        "_follows",
        "_late",
        "_paces",
        "_seconds",
        "_short",
        "_since",
        "_stay",
        "batch",
        "most",
        "resumed",
    )

    def __init__(self, seconds: float) -> None:
        """``seconds`` is how long a question may take when many are under way."""
        self._seconds = seconds
        self._busy = 0.0
        self._each = 0.0
        self._follows = False
        self._late = 0.0
        self._paces: deque[float] = deque(maxlen=_PACES)
        self._short = False
        self._since = 0.0
        self._stay = 0.0
        self.most = BOUNDLESS
        self.batch = LARGEST_BATCH
        self.resumed = -inf

    def opened(self, now: float) -> None:
        """The first question after an idle time is under way."""
        if now - self._since > FORGOTTEN_SECONDS:
            self._paces.clear()
            self.most = BOUNDLESS
        self._since, self._follows = now, False

    def answered(self, questions: int, now: float, youngest: float) -> None:
        """So many were answered, the last of which came at an instant; others were under way since the last answer."""
        self._stay += _NEWEST * (now - max(youngest, self.resumed) - self._stay)
        each, self._since = (now - self._since) / questions, now
        self._each += _NEWEST * (each - self._each) if self._each else each
        if self._follows and questions >= _TELLING:
            self._paces.append(each)
        self._follows = True

    def stood_still(self, now: float) -> None:
        """The process was kept from running until now; nobody can be blamed for the time that passed meanwhile."""
        self.resumed = self._since = now
        self._follows = False

    def looked(self, late: float, busy: float, since: float) -> None:
        """Look whether there is too little of something.

        Args:
            late: seconds by which a timer of the loop came late, as far as its thread computed meanwhile.
            busy: for which share of the time the loop's thread computed.
            since: for how many seconds a whole batch has been under way; 0 if there is none.
        """
        self._late += (_NEWEST if late < self._late + 4 * SHORT_OF_TIME_SECONDS else 1.0) * (late - self._late)
        self._busy += _NEWEST * (busy - self._busy)
        enough = _UNTIL if self._short else 1.0
        self._short = self._late >= enough * SHORT_OF_TIME_SECONDS or self._busy >= enough * BUSY
        self.batch = LARGEST_BATCH
        if self._short and self._each:
            self.most = max(LEAST, int(self._seconds / self._each))
            self.batch = min(self.most // _OF_ALL, LARGEST_BATCH)
        else:
            self.most = self._of_a_store(since)

    def _of_a_store(self, since: float) -> int:
        """How many questions a store answers in time, that is slow by itself."""
        most = BOUNDLESS
        if self._paces:
            pace = sorted(self._paces)[(len(self._paces) - 1) // 2]
            most = max(LEAST_OF_A_STORE, int(_SLOW * self._seconds / (pace or _NO_TIME)))
        if max(self._stay, since) > _SLOW * self._seconds and self._each:
            most = min(most, max(LEAST, int(_SLOW * self._seconds / self._each)))
        return most
