"""A client that fails fast: without Redis everything still works."""

from __future__ import annotations

from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CLUSTER: Final = "redis+cluster://"
"""How the URL of a cluster begins; it names any of its nodes."""

TLS_CLUSTER: Final = "rediss+cluster://"

Client = Redis | RedisCluster


def create_client(url: str, *, pool_size: int = 10, timeout_seconds: float = 0.05) -> Client:
    """A client that answers bytes, tries once, and waits no longer than told.

    redis-py's own defaults wait 3 seconds for a closed port and a minute for a frozen server. The client belongs to
    one event loop, and is closed with ``await client.aclose()``.

    Args:
        url: ``redis://:password@host:port/0``, or ``redis+cluster://:password@host:port`` for a cluster; ``rediss`` is
            by TLS.
        pool_size: most connections at a time, in this process, and of a cluster to each node.
        timeout_seconds: how long to wait for a connection of the pool, for a new one, and for each reply.
    """
    if url.startswith((CLUSTER, TLS_CLUSTER)):
        return RedisCluster.from_url(
            url.replace("+cluster", "", 1),
            max_connections=pool_size,
            socket_timeout=timeout_seconds,
            socket_connect_timeout=timeout_seconds,
            require_full_coverage=False,  # what still has its master works
            retry=Retry(NoBackoff(), 1),  # once more, for a key that has moved
            protocol=2,
        )
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=pool_size,
        timeout=timeout_seconds,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        decode_responses=False,
        protocol=2,
    )
    return Redis.from_pool(pool)
