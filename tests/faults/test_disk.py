"""A full disk: checks are refused, the past can be read, and all goes on by itself when there is room again."""

from __future__ import annotations

from pathlib import Path

from tests.faults.checker import lost, saved, violations
from tests.faults.conftest import phones
from tests.faults.disk import payments_on, small_disk
from tests.faults.servers import OwnServer, answered_again, serving
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
