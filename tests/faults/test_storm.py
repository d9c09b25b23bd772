"""What is acknowledged is saved, whoever is killed: the short version of ``make faults``."""

from __future__ import annotations

from tests.faults.acknowledged import Kills, run
from tests.faults.servers import own_servers


async def test_what_is_acknowledged_is_saved_whoever_is_killed() -> None:
    """Red without `idempotency_keys`: what is asked again after a kill is a second payment."""
    with own_servers() as (postgres, valkey):
        told = await run(postgres, valkey, 800, Kills(workers=3, masters=1, databases=1))
    assert told.problems() == {}
    assert told.acknowledged == 800
