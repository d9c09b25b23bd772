"""Past its capacity the service still does its work, refuses the rest in shape, and is itself again at once."""

from __future__ import annotations

from tests.faults.overload import overload
from tests.faults.servers import OwnServer


async def test_what_is_too_much_is_refused_and_the_rest_is_answered(postgres: OwnServer, valkey: OwnServer) -> None:
    """Red without the room that a late loop has (`Room`): what was done for all leaves less than a quarter for any."""
    told = await overload(postgres, valkey, seconds=1)
    assert told.malformed == 0
    assert told.goodput > told.peak * 0.25  # the load comes from the same machine, which may be loaded
    assert told.normal_after_seconds < 10
