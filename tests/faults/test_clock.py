"""The wall clock leaps; deadlines, limits and the order of payments hold, as none of them goes by it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.checker import violations
from tests.faults.clock import DAY, HOUR, LIMIT, leap
from tests.faults.conftest import SLACK_SECONDS, phones
from tests.faults.servers import OwnServer, answered_again, serving
from tests.faults.test_redis_faults import PATIENT
from tests.faults.wire import Payer, Wire
from upi_risk.adapters.system import SystemClock


class Hands:
    """Of the machine's clock, as far as the service in this process sees it."""

    def __init__(self) -> None:
        self.off = timedelta()

    def turn(self, seconds: float) -> None:
        self.off = timedelta(seconds=seconds)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.off


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    made = Hands()
    monkeypatch.setattr(SystemClock, "now", staticmethod(made.now))
    return made


async def test_leaps_of_the_clock_fail_nobody_and_let_nobody_in(
    postgres: OwnServer, valkey: OwnServer, hands: Hands
) -> None:
    """Red when a payment need not be later than the payer's last (`User.instant`), and with a limiter in memory."""
    chosen = {**PATIENT, "rate_limit_per_minute": LIMIT, "access_token_seconds": DAY, "redis_timeout_ms": 2_000}
    async with serving(postgres.url, valkey.url, **chosen) as port:
        told = await leap(port, postgres.url, next(phones), hands.turn)
    assert told.problems == []
    assert violations(postgres.url) == {}


@pytest.mark.parametrize("leapt", [HOUR, -HOUR])
async def test_a_leap_makes_no_deadline_longer_or_shorter(
    postgres: OwnServer, valkey: OwnServer, hands: Hands, leapt: float
) -> None:
    """Red with deadlines by the wall clock: too late by an hour, or at once."""
    async with serving(postgres.url, valkey.url, breaker_failures=1_000) as port, Wire(port) as wire:
        payer = await Payer.signed_up(wire, next(phones))
        await answered_again(wire, payer.check(), 30)
        with postgres.frozen():
            asking = asyncio.create_task(wire.ask(payer.check()))
            await asyncio.sleep(0.1)
            hands.turn(leapt)
            reply = await asking
        assert reply.well_formed_refusal
        assert 0.4 < reply.seconds < 0.5 + SLACK_SECONDS
