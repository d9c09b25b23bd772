"""A model that takes its time keeps nobody waiting."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import pytest

from tests.faults.conftest import SLACK_SECONDS, phones
from tests.faults.servers import OwnServer, answered_again, serving
from tests.faults.wire import Payer, Wire
from upi_risk.adapters.catboost.scorer import CatBoostScorer
from upi_risk.domain.features import Vector
from upi_risk.domain.model import Scored

LONG_SECONDS = 3.0
IN_TIME = 0.45 + SLACK_SECONDS


def compute(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


@pytest.mark.parametrize("spend", [compute, time.sleep])
async def test_a_model_that_takes_seconds_leaves_payments_to_rules_within_the_deadline(
    postgres: OwnServer, valkey: OwnServer, monkeypatch: pytest.MonkeyPatch, spend: Callable[[float], None]
) -> None:
    """Red without `BoundedScorer`: each batch is 503 after three seconds, and whoever else asks waits for it."""
    usual = CatBoostScorer.score

    def slow(self: CatBoostScorer, vectors: Sequence[Vector]) -> list[Scored]:
        spend(LONG_SECONDS)
        return usual(self, vectors)

    async with serving(postgres.url, valkey.url) as port, Wire(port) as wire, Wire(port) as other:
        payer = await Payer.signed_up(wire, next(phones))
        await answered_again(wire, payer.check(), 30)
        monkeypatch.setattr(CatBoostScorer, "score", slow)
        by_rules = 0
        for number in range(4):
            asked = asyncio.create_task(wire.ask(payer.check(f"slow{number}@upi")))
            await asyncio.sleep(0.01)
            health = await other.get("/health/live")
            reply = await asked
            assert health.status == 200
            assert max(health.seconds, reply.seconds) < IN_TIME
            assert reply.status == 200 or reply.well_formed_refusal  # a loaded machine may need longer than the budgets
            if reply.status == 200:
                told = reply.json()
                assert (told["decision"], told["confidence"]) == ("VERIFY", 0.5)
                by_rules += 1
        assert by_rules
        assert (await other.get("/health/ready")).json()["checks"]["model"] is False
        monkeypatch.undo()
        await asyncio.sleep(1.1)
        back, _ = await answered_again(wire, payer.check(), 30)
        assert back.json()["confidence"] != 0.5
