"""Work that is given up on when it takes too long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from upi_risk.domain.errors import DeadlineError

Done = TypeVar("Done")

_ABANDONED: Final[set[asyncio.Future[Any]]] = set()
"""Held until they end, for the loop itself holds tasks but weakly."""


async def within(seconds: float, work: Awaitable[Done], loop: asyncio.AbstractEventLoop | None = None) -> Done:
    """What the work comes to.

    Work that takes longer is told to stop and left alone, not awaited: a driver that talks to a server which stands
    still may take seconds to stop.

    Args:
        seconds: how long it may take.
        work: a coroutine, a task or a future.
        loop: the running one, where it is at hand.

    Raises:
        DeadlineError: it took longer; nothing is known of what was done.
    """
    task = asyncio.ensure_future(work, loop=loop)
    await asyncio.wait({task}, timeout=seconds)
    if not task.done():
        abandon(task)
        raise DeadlineError
    if task.cancelled():  # from within: whoever waits must hear of it
        raise DeadlineError
    return task.result()


def abandon(task: asyncio.Future[Any]) -> None:
    """Tell a task to stop, and look after it no more."""
    _ABANDONED.add(task)
    task.add_done_callback(_forget)
    task.cancel()


def _forget(task: asyncio.Future[Any]) -> None:
    _ABANDONED.discard(task)
    if not task.cancelled():
        task.exception()  # nobody else will look
