"""Checks, one upon the other, leave nothing behind in the process: the short version of ``make soak``."""

from __future__ import annotations

from tests.faults.servers import OwnServer
from tests.faults.soak import soak


async def test_checks_leave_no_descriptor_and_no_connection_behind(postgres: OwnServer, valkey: OwnServer) -> None:
    """Red when every batch leaves a file open. What memory grows by shows in a million checks alone."""
    told = await soak(postgres, valkey, 1_000)
    assert told.failed < told.checks / 10  # a loaded machine may need longer than the budgets
    assert told.descriptors[1] <= told.descriptors[0] + 5
    assert told.connections[1] <= told.connections[0] + 2
