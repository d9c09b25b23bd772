"""Sending one-time codes behind the answer, so that it tells nobody whether there was somebody to send one to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeAlias

from upi_risk.domain.account_ports import CodeSender
from upi_risk.domain.challenge import Purpose
from upi_risk.domain.payment import Phone
from upi_risk.domain.ports import Users

PAUSE_SECONDS: Final = 0.05
"""Nothing is done for a code before its challenge has been answered, nor in step with it."""

MOST_WAITING: Final = 1_000
AT_ONCE: Final = 8


class Outcome(StrEnum):
    """What became of a code."""

    SENT = "sent"
    NOBODY = "nobody"
    FAILED = "failed"
    DROPPED = "dropped"


Counted: TypeAlias = Callable[[str], None]
"""Hears the first two digits of each number that a code was sent to: 40 there are, and each has millions of phones."""

_PREFIX: Final = slice(len("+91"), len("+91") + 2)

Told: TypeAlias = Callable[[Outcome, BaseException | None], None]
"""Hears what became of each code, and why it failed; never the code, nor the phone."""


class DeliverCodes:
    """Sends codes to phones that may have them: for signing up any, else those of users."""

    def __init__(  # noqa: PLR0913 - two of them hear, two are bounds
        self,
        users: Users,
        sender: CodeSender,
        told: Told,
        *,
        counted: Counted = lambda _: None,
        pause_seconds: float = PAUSE_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Prepare to send.

        Args:
            users: who there is.
            sender: the way to them.
            told: hears what became of each code.
            counted: hears where codes went.
            pause_seconds: between being asked and beginning.
            most_waiting: codes beyond are dropped; who waits for one asks for another.
        """
        self._users = users
        self._sender = sender
        self._told = told
        self._counted = counted
        self._pause = pause_seconds
        self._most = most_waiting
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._under_way: set[asyncio.Task[Outcome]] = set()

    def __call__(self, phone: Phone, code: str, purpose: Purpose) -> None:
        """See to it, and do not wait."""
        if len(self._under_way) >= self._most:
            self._told(Outcome.DROPPED, None)
            return
        task = asyncio.get_running_loop().create_task(self._deliver(phone, code, purpose))
        self._under_way.add(task)
        task.add_done_callback(self._done)

    async def settle(self) -> None:
        """Wait until nothing is under way any more."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def stop(self, seconds: float) -> None:
        """Wait for what is under way, and drop what takes longer."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        for task in self._under_way:
            task.cancel()
        await self.settle()

    async def _deliver(self, phone: Phone, code: str, purpose: Purpose) -> Outcome:
        await asyncio.sleep(self._pause)
        async with self._gate:
            user = await self._users.by_phone(phone)
            if user is None and purpose is not Purpose.SIGN_UP:
                return Outcome.NOBODY
            await self._sender.send(phone, code, purpose)
            self._counted(phone[_PREFIX])
            return Outcome.SENT

    def _done(self, task: asyncio.Task[Outcome]) -> None:
        self._under_way.discard(task)
        if task.cancelled():
            self._told(Outcome.DROPPED, None)
        elif (error := task.exception()) is not None:
            self._told(Outcome.FAILED, error)
        else:
            self._told(task.result(), None)
