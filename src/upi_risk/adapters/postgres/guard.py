"""What keeps calls away from a PostgreSQL that does not answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from psycopg import errors
from sqlalchemy import exc
from sqlalchemy.ext.asyncio import AsyncEngine

from upi_risk.domain.breaker import Breaker
from upi_risk.domain.errors import StoreUnavailableError

GUARD: Final = "upi_risk_guard"
"""The execution option that an engine carries its guard in."""

_AWAY: Final = (
    errors.QueryCanceled,  # it took longer than it was told it might
    errors.AdminShutdown,
    errors.CrashShutdown,
    errors.CannotConnectNow,
    errors.TooManyConnections,
    errors.ReadOnlySqlTransaction,  # it is a standby now
)
"""Said by the server, and yet as good as no answer. Whatever else it says shows that it works."""


@dataclass(frozen=True, slots=True)
class Guard:
    """A breaker, and how long a call may take before it counts as failed.

    A driver may need ten seconds to give up on a server that stands still: its word is not waited for.
    """

    breaker: Breaker
    patience_seconds: float

    def begin(self) -> Call:
        """A call.

        Raises:
            StoreUnavailableError: those before it failed, and it is not to be made.
        """
        loop = asyncio.get_running_loop()
        if not self.breaker.lets(loop.time()):
            raise StoreUnavailableError("BreakerOpen")
        return Call(self, loop)


class Call:
    """A call under way; whichever is first of its end and its time counts."""

    __slots__ = ("_breaker", "_loop", "_timer")

    def __init__(self, guard: Guard, loop: asyncio.AbstractEventLoop) -> None:
        self._breaker = guard.breaker
        self._loop = loop
        self._timer: asyncio.TimerHandle | None = loop.call_later(guard.patience_seconds, self._late)

    def answered(self) -> None:
        """The server did it, or said why not."""
        if self._over():
            self._breaker.succeeded()

    def failed(self, error: BaseException) -> None:
        """It ended in an error, which may show that the server works; one that was given up on shows nothing."""
        if not self._over() or isinstance(error, asyncio.CancelledError | exc.TimeoutError):
            return
        if shows_it_is_away(error):
            self._breaker.failed(self._loop.time())
        else:
            self._breaker.succeeded()

    def _over(self) -> bool:
        """Whether this is the first that is heard of it."""
        timer, self._timer = self._timer, None
        if timer is None:
            return False
        timer.cancel()
        return True

    def _late(self) -> None:
        self._timer = None
        self._breaker.failed(self._loop.time())


def shows_it_is_away(error: BaseException) -> bool:
    """Whether an error means that there is no server to talk to, or none that does its work."""
    if found_closed(error):
        return True
    if not isinstance(error, exc.DBAPIError):
        return False
    said = getattr(error.orig, "sqlstate", None)
    return said is None or isinstance(error.orig, _AWAY)


def found_closed(error: BaseException) -> bool:
    """Whether the pool gave up: the server had ended each connection by the time it was to be used."""
    return type(error) is exc.InvalidRequestError  # its subclasses are about results and misuse


def guard_of(engine: AsyncEngine | None) -> Guard | None:
    """The guard of an engine, which ones made from it have too."""
    return None if engine is None else engine.get_execution_options().get(GUARD)
