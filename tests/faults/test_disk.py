"""A full disk: checks are refused, the past can be read, and all goes on by itself when there is room again.

One without room for the log takes the server down, which has to be started again.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.faults.checker import lost, saved, violations
from tests.faults.conftest import phones
from tests.faults.disk import log_on_small_disk, payments_on, small_disk, use_up_a_segment
from tests.faults.servers import OwnServer, answered_again, serving
from tests.faults.test_postgres_faults import signed_up
from tests.faults.wire import Payer, Reply, Wire

ENOUGH = 5
"""Refusals. A smaller row may find room where a larger one did not, so they need not come in a row."""


async def test_no_check_is_answered_that_there_is_no_room_for(
    postgres: OwnServer, valkey: OwnServer, tmp_path: Path
) -> None:
    """Red when the error of a full disk is none of those that mean that the store did not do it: 500."""
    with small_disk(tmp_path / "disk", 64) as disk, payments_on(disk, postgres):
        async with serving(postgres.url, valkey.url) as port, Wire(port) as wire:
            payer = await Payer.signed_up(wire, next(phones))
            before, _ = await answered_again(wire, payer.check(), 30)
            disk.fill()
            rows = saved(postgres.url)
            acknowledged = [before.json()["transaction_id"]]
            refusals: list[Reply] = []
            for number in range(3_000):  # until there is no room in any page
                reply = await wire.ask(payer.check(f"shop{number}@upi", key=f"full{number}"))
                if reply.status == 200:
                    acknowledged.append(reply.json()["transaction_id"])
                    continue
                refusals.append(reply)
                if len(refusals) == ENOUGH:
                    break
            assert len(refusals) == ENOUGH
            assert all(reply.well_formed_refusal for reply in refusals)
            assert saved(postgres.url) == rows + len(acknowledged) - 1
            listed = await wire.get("/transactions", token=payer.token)
            assert listed.status == 200
            disk.empty()
            await answered_again(wire, payer.check("shop@upi", key="full"), 30)
            assert lost(postgres.url, acknowledged) == 0
    assert violations(postgres.url) == {}


async def test_a_log_without_room_takes_the_server_down_and_nothing_along_that_was_acknowledged(
    postgres: OwnServer, valkey: OwnServer, tmp_path: Path
) -> None:
    """Red when the errors of a server that dies are none of those that mean that the store did not do it: 500."""
    with log_on_small_disk(tmp_path / "disk", postgres) as disk:
        async with serving(postgres.url, valkey.url) as port, Wire(port) as wire:
            payer = await signed_up(wire)
            first, _ = await answered_again(wire, payer.check(), 30)
            disk.fill()
            rows, acknowledged, refused = saved(postgres.url), [first.json()["transaction_id"]], list[bytes]()
            for number in range(500):  # files of the log that were used before are used again, without new room
                asked = payer.check(f"shop{number}@upi", key=f"log{number}")
                reply = await wire.ask(asked)
                if reply.status == 200:
                    acknowledged.append(reply.json()["transaction_id"])
                    await asyncio.to_thread(use_up_a_segment, postgres)
                    continue
                assert reply.well_formed_refusal
                refused.append(asked)
                if len(refused) >= ENOUGH and not postgres.runs():
                    break
                await asyncio.sleep(0.02)
            assert len(refused) >= ENOUGH
            assert not postgres.runs()
            assert (await wire.get("/health/ready")).status == 503
            disk.empty()
            await asyncio.to_thread(postgres.start)
            for asked in refused:
                await answered_again(wire, asked, 30)
            assert lost(postgres.url, acknowledged) == 0
            assert saved(postgres.url) == rows + len(acknowledged) - 1 + len(refused)
    assert violations(postgres.url) == {}
