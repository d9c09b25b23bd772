"""Slow callers are sent away in time, and nobody else waits for them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.attacks.serving import served
from tests.attacks.slow import KINDS, LONGEST, call_slowly, feel

CALLERS = 40
SAID = {"heads": b"HTTP/1.1 408", "bodies": b"HTTP/1.1 408", "silent": b"", "readers": b""}
TIMES = {"HEAD_TIMEOUT_MS": "1500", "BODY_TIMEOUT_MS": "1500", "SEND_TIMEOUT_MS": "3000"}


@pytest.mark.parametrize("kind", KINDS)
async def test_slow_callers_are_sent_away_while_others_are_served(
    kind: str, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Red when ``Lookout.begin`` does nothing: the callers are still there after half a minute."""
    with served(database_url, redis_url, tmp_path / "log", **TIMES) as serving:
        callers = [asyncio.ensure_future(call_slowly(serving.address, kind)) for _ in range(CALLERS)]
        others = await feel(serving.address, 2)
        ended = await asyncio.gather(*callers)
        assert serving.process.poll() is None
    assert len(others) > 10
    assert max(each.seconds for each in ended) < LONGEST
    if kind != "readers":
        assert {each.said[: len(SAID[kind])] for each in ended} == {SAID[kind]}


async def test_more_connections_than_are_allowed_are_told_so(database_url: str, redis_url: str, tmp_path: Path) -> None:
    """Red when ``connection_made`` does not count."""
    with served(database_url, redis_url, tmp_path / "log", MAX_CONNECTIONS="4") as serving:
        held = [await asyncio.open_connection(*serving.address) for _ in range(4)]
        reader, writer = await asyncio.open_connection(*serving.address)
        said = await asyncio.wait_for(reader.read(), LONGEST)
        assert said.startswith(b"HTTP/1.1 503")
        assert b"urn:upi-risk:overloaded" in said
        for _, each in [*held, (reader, writer)]:
            each.close()
        await asyncio.sleep(1)
        assert await feel(serving.address, 0.2)
