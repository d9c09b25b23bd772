"""A model that is given up when it takes too long.

A batch is scored on the thread of the event loop, for handing it to another thread and back costs more than scoring it.
So a model that computes for seconds would keep everybody waiting, and no timer of the loop could end that. A timer of
the system can: its signal interrupts the thread between two steps of Python, wherever it is. It ticks while there are
calls, so that a call costs no system call of its own.
"""

from __future__ import annotations

import atexit
import signal
import threading
from collections.abc import Sequence
from time import monotonic, thread_time
from types import FrameType
from typing import Final

from upi_risk.domain.breaker import Breaker
from upi_risk.domain.errors import ModelTooSlowError
from upi_risk.domain.features import Vector
from upi_risk.domain.model import ModelCard, Scored
from upi_risk.domain.ports import Scorer

STANDING: Final = 4
"""A model that waits instead of computing has so many times as long: a busy machine is not the model's fault.
Ticks tell it, of which there is one however long the process stood still."""

MOST_FAILURES: Final = 2
"""So many calls in a row that were given up, and the model is not asked for a while."""

_TICKS: Final = 2
"""Within the time that a call has."""

_IDLE_TICKS: Final = 40


class _Watch:
    """Looks, tick after tick, how long the call has been under way that it saw the tick before.

    Attributes:
        call: numbers the calls.
        seconds: of processor time, that the call under way has; 0 while none is.
    """

    def __init__(self) -> None:
        self.call = 0
        self.seconds = 0.0
        self.ticking = False
        self._seen = self._ticks = 0
        self._computed = 0.0

    def start(self, seconds: float) -> None:
        """Begin to tick."""
        self.ticking, self._ticks = True, 0
        signal.signal(signal.SIGALRM, self._tick)
        atexit.register(self.stop)  # a signal that Python hears no more would end the process
        signal.setitimer(signal.ITIMER_REAL, seconds / _TICKS, seconds / _TICKS)

    def stop(self) -> None:
        """Tick no more, until there is a call again."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        atexit.unregister(self.stop)
        self.ticking = False

    def _tick(self, _number: int, _frame: FrameType | None) -> None:
        if self._seen != self.call:
            self._seen, self._ticks, self._computed = self.call, 0, thread_time()
            return
        self._ticks += 1
        if not self.seconds:
            if self._ticks >= _IDLE_TICKS:
                self.stop()
        elif thread_time() - self._computed >= self.seconds or self._ticks >= STANDING * _TICKS:
            raise ModelTooSlowError


_WATCH: Final = _Watch()


class BoundedScorer:
    """A :class:`~upi_risk.domain.ports.Scorer` whose calls end in time, on the main thread of the process.

    On other threads, where signals do not come, a call takes as long as it takes. A step of Python that is one call of
    a library is not interrupted: the arrays of a batch are such steps, of milliseconds.
    """

    def __init__(self, scorer: Scorer, seconds: float, rest_seconds: float) -> None:
        """Bound a model.

        Args:
            scorer: the model.
            seconds: of processor time, for one call, and up to one tick (half of it) more; :data:`STANDING` times that
                on the clock.
            rest_seconds: for how long a model that was given up twice in a row is not asked.
        """
        self._scorer = scorer
        self._seconds = seconds
        self._breaker = Breaker(MOST_FAILURES, rest_seconds)
        self._main = threading.main_thread().ident

    @property
    def card(self) -> ModelCard:
        """What the model is."""
        return self._scorer.card

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        """The model's answer; see the port.

        Raises:
            ModelTooSlowError: there was none in time, or lately not, so that it was not asked.
        """
        if threading.get_ident() != self._main:
            return self._scorer.score(vectors)
        breaker, watch = self._breaker, _WATCH
        if not breaker.closed and not breaker.lets(monotonic()):
            raise ModelTooSlowError
        if not watch.ticking:
            watch.start(self._seconds)
        watch.call += 1
        watch.seconds = self._seconds
        try:
            scores = self._scorer.score(vectors)
        except ModelTooSlowError:
            watch.seconds = 0.0
            breaker.failed(monotonic())
            raise
        finally:
            watch.seconds = 0.0
        breaker.succeeded()
        return scores
