"""A Redis that works, and yet refuses or answers what nobody asked for: every check is answered, from PostgreSQL."""

from __future__ import annotations

from tests.faults.checker import violations
from tests.faults.conftest import phones
from tests.faults.saying import SameReply
from tests.faults.servers import OwnServer, serving
from tests.faults.test_redis_faults import PATIENT, pay
from tests.faults.wire import Payer, Wire

REFUSALS = (
    b"-LOADING Redis is loading the dataset in memory",
    b"-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    b"-OOM command not allowed when used memory > 'maxmemory'.",
    b"-READONLY You can't write against a read only replica.",
    b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    b"-NOREPLICAS Not enough good replicas to write.",
    b"-NOAUTH Authentication required.",
    b"-NOPERM this user has no permissions to run this command",
    b"-BUSY Redis is busy running a script.",
    b"-CLUSTERDOWN The cluster is down",
    b"-MOVED 3999 127.0.0.1:6381",
    b"-NOSCRIPT No matching script.",
    b"-ERR max number of clients reached",
)
NONSENSE = (
    b"+OK",
    b":5",
    b"$-1",
    b"*-1",
    b"*0",
    b"$3\r\nabc",
    b"*2\r\n:1\r\n$-1",
    b"*3\r\n$1\r\na\r\n$1\r\nb\r\n:-1",
    b"_",
)


async def test_whatever_redis_says_to_everything_changes_no_answer(postgres: OwnServer) -> None:
    """Red when the limiter, the cache or the tokens take a reply of any shape for an answer: 500 to `NONSENSE`."""
    async with SameReply().listening() as redis:
        chosen = {**PATIENT, "rate_limit_per_minute": 10_000, "breaker_failures": 10_000}
        async with serving(postgres.url, redis.url, **chosen) as port, Wire(port) as wire:
            payer = await Payer.signed_up(wire, next(phones))
            for said in REFUSALS + NONSENSE:
                redis.said = said + b"\r\n"
                await pay(wire, payer, 2)
            assert (await wire.get("/health/ready")).status == 200
    assert violations(postgres.url) == {}
