"""Work is given up on in time, and what it still does disturbs nobody."""

from __future__ import annotations

import asyncio

import pytest

from upi_risk.application.deadline import within
from upi_risk.domain.errors import DeadlineError, UnknownUserError


async def test_what_is_done_in_time_is_answered() -> None:
    async def work() -> int:
        return 42

    assert await within(5, work()) == 42


async def test_what_fails_in_time_fails() -> None:
    async def work() -> int:
        raise UnknownUserError

    with pytest.raises(UnknownUserError):
        await within(5, work())


@pytest.mark.parametrize("failing", [True, False])
async def test_what_does_not_stop_when_it_is_told_to_is_not_awaited(*, failing: bool) -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.5)
            ended.set()
            if failing:
                raise RuntimeError("nobody looks") from None
            raise

    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(DeadlineError):
        await within(0.01, work())
    assert loop.time() - began < 5
    assert not ended.is_set()
    await asyncio.wait_for(ended.wait(), 5)
    await asyncio.sleep(0)


async def test_work_that_is_cancelled_from_within_is_told_of() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(DeadlineError):
        await within(5, work())
