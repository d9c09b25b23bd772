"""A full disk: checks are refused, the past can be read, and all goes on by itself when there is room again."""

from __future__ import annotations

from pathlib import Path

from tests.faults.checker import lost, saved, violations
from tests.faults.conftest import phones
from tests.faults.disk import payments_on, small_disk
from tests.faults.servers import OwnServer, answered_again, serving
from tests.faults.wire import Payer, Wire

ENOUGH = 5
"""Refusals in a row: there is no room in any table."""


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
            refused = 0
            for number in range(1_000):  # until the last page of each table is full
                reply = await wire.ask(payer.check(f"shop{number}@upi", key=f"full{number}"))
                refused = 0 if reply.status == 200 else refused + 1
                if refused == ENOUGH:
                    break
                if not refused:
                    acknowledged.append(reply.json()["transaction_id"])
            for _ in range(3):
                reply = await wire.ask(payer.check("shop@upi", key="full"))
                assert reply.well_formed_refusal
            assert saved(postgres.url) == rows + len(acknowledged) - 1
            listed = await wire.get("/transactions", token=payer.token)
            assert listed.status == 200
            disk.empty()
            await answered_again(wire, payer.check("shop@upi", key="full"), 30)
            assert lost(postgres.url, acknowledged) == 0
    assert violations(postgres.url) == {}
