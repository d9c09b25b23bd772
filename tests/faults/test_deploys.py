"""A service that is stopped in good order fails nobody: what came in is answered, what comes goes elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from pathlib import Path

from tests.deploy.stack import needed, nginx_conf
from tests.deploy.stack import started as program
from tests.faults.checker import lost, saved, violations
from tests.faults.proxy import FaultProxy
from tests.faults.rolling import Told, roll, three_ports
from tests.faults.servers import OwnServer, started
from tests.faults.wire import Payer, Wire


async def test_what_is_under_way_at_sigterm_is_answered(
    postgres: OwnServer, valkey: OwnServer, to_postgres: FaultProxy
) -> None:
    """Red with a server that waits for nobody (`timeout_graceful_shutdown`); PostgreSQL is slow meanwhile.

    The terminal closes first, and SIGTERM comes twice. Red when SIGHUP ends the process at once, as it does by itself.
    """
    environ = {"REQUEST_DEADLINE_MS": "20000", "ADMISSION_WAIT_MS": "20000"}
    async with started(to_postgres.of(postgres.url), valkey.url, **environ) as (port, process):
        wires = [Wire(port) for _ in range(40)]
        payer = await Payer.signed_up(wires[0], 777_001)
        for wire in wires:
            await wire.get("/health/live")
        to_postgres.to_client.delay_seconds = (
            0.25  # a connection more is five answers of PostgreSQL, and has two seconds
        )
        asking = [asyncio.create_task(wire.ask(payer.check(key=f"drain-{n}"))) for n, wire in enumerate(wires)]
        await asyncio.sleep(0.15)
        process.send_signal(signal.SIGHUP)
        for _ in range(2):
            await asyncio.sleep(0.05)
            process.terminate()
        replies = await asyncio.gather(*asking)
        assert {reply.status for reply in replies} == {200}, [reply.json() for reply in replies if reply.status != 200]
        assert lost(postgres.url, [reply.json()["transaction_id"] for reply in replies]) == 0
        with contextlib.suppress(ValueError):
            assert await asyncio.to_thread(process.wait, 20) in {0, None, -15, 143}
    assert violations(postgres.url) == {}


async def test_replicas_are_replaced_one_after_the_other_without_a_failed_request(
    tmp_path: Path, postgres: OwnServer, valkey: OwnServer
) -> None:
    """Red without the pause after a replica is ready: the load balancer has not noticed, and has nobody to ask."""
    nginx = needed("nginx", "nginx")
    before = saved(postgres.url)
    listen, *ports = three_ports()
    with program([nginx, "-c", str(nginx_conf(tmp_path, listen, ports)), "-e", str(tmp_path / "e")]):
        told: Told = await roll(listen, ports, postgres, valkey, rounds=1, migrate=True)
    assert told.failed == 0, told.statuses
    assert told.answered > 100
    assert saved(postgres.url) - before == told.answered
    assert violations(postgres.url) == {}
