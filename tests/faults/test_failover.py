"""A standby takes the place of a primary that dies: nothing acknowledged is lost, and serving goes on by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.checker import lost, violations
from tests.faults.conftest import SLACK_SECONDS, phones
from tests.faults.failover import fail_over
from tests.faults.servers import OwnServer, answered_again, serving
from tests.faults.standby import either, followed, promote
from tests.faults.wire import Payer, Wire
from tests.servers import rows


async def test_a_standby_is_promoted_under_load_and_nothing_acknowledged_is_lost(
    postgres: OwnServer, valkey: OwnServer, tmp_path: Path
) -> None:
    """Whichever of the servers in DATABASE_URL takes writes is found. Red when it names the primary alone."""
    told = await fail_over(postgres, valkey, tmp_path, serving, 300)
    assert told.problems() in ([], ["late"])
    assert told.acknowledged == 300
    assert told.serving_after_seconds < 5 + SLACK_SECONDS


async def test_what_the_standby_does_not_have_is_told_to_nobody(
    postgres: OwnServer, valkey: OwnServer, tmp_path: Path
) -> None:
    """A commit whose waiting for the standby was cut short is on the primary alone, and seen there.

    Red when the load tells a stored answer without waiting for the standby: the retry is told what is lost.
    """
    may = "has_function_privilege('upi_risk_app', 'pg_logical_emit_message(bool, text, text, bool)', 'execute')"
    assert rows(postgres.url, f"SELECT {may}") == [(True,)]
    with followed(postgres, tmp_path) as standby:
        async with serving(either(postgres, standby), valkey.url) as port, Wire(port) as wire:
            payer = await Payer.signed_up(wire, next(phones))
            await answered_again(wire, payer.check(), 30)
            request = payer.check("late@upi", key="once")
            with standby.frozen():
                for _ in range(3):
                    assert (await wire.ask(request)).well_formed_refusal
                    await asyncio.sleep(0.5)
                await asyncio.to_thread(postgres.kill)
            await asyncio.to_thread(promote, standby)
            told, _ = await answered_again(wire, request, 30)
            again = await wire.ask(request)
            assert told.body == again.body
            assert lost(standby.url, [told.json()["transaction_id"]]) == 0
        assert violations(standby.url) == {}
