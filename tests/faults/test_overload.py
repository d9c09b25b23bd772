"""Past its capacity the service still does its work, refuses the rest in shape, and is itself again at once."""

from __future__ import annotations

import asyncio
import signal

from tests.faults.flood import Order, flooded
from tests.faults.overload import overload
from tests.faults.servers import OwnServer, started
from tests.faults.storm import signed_up


async def test_what_is_too_much_is_refused_and_the_rest_is_answered(postgres: OwnServer, valkey: OwnServer) -> None:
    """Red without the room that a late loop has (`Room`): what was done for all leaves less than a quarter for any."""
    told = await overload(postgres, valkey, seconds=1)
    assert told.malformed == 0
    assert told.goodput > told.peak * 0.25  # the load comes from the same machine, which may be loaded
    assert told.normal_after_seconds < 10


async def test_nobody_is_refused_for_a_time_in_which_the_process_stood_still(
    postgres: OwnServer, valkey: OwnServer
) -> None:
    """A machine that stands still for a moment is no overload. Red when lateness counts whatever was computed."""
    async with started(postgres.url, valkey.url) as (port, process):
        payers = await signed_up(port, 100, 340_000)
        requests = [payer.check("still@upi").decode() for payer in payers]
        await asyncio.to_thread(flooded, Order(port, requests, 0, 0.5, 64))  # it knows how much it can do
        load = asyncio.create_task(asyncio.to_thread(flooded, Order(port, requests, 300, 2.2, 400)))
        await asyncio.sleep(1)
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.8)
        process.send_signal(signal.SIGCONT)
        told = await load
    assert told.answered
    few = len(told.refused) < 60  # of the 240 that came meanwhile; more than a hundred without it
    assert few or told.late > 0.01, told.refused  # a load that is late itself tells of a machine that is short of time
