"""Messages over HTTP, to public addresses alone."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Any, Final

import httpcore

from upi_risk.domain.outbox import Answered
from upi_risk.domain.webhooks import may_reach

DEADLINE_SECONDS: Final = 10.0
"""For one attempt, from looking the name up to the head of the answer; what follows the head is not read."""


class _NotReachableError(Exception):
    """A name leads where no message may go."""


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Looks a name up once, refuses it if any of its addresses may not be reached, and connects to what it looked at.

    A name that leads elsewhere a moment later does not matter: nobody asks for it again.
    """

    def __init__(self, *, loopback: bool) -> None:
        """``loopback`` is whether this machine may be reached, for development."""
        self._loopback = loopback
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect.

        Raises:
            _NotReachableError: the name leads where no message may go.
        """
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(address[4][0]).partition("%")[0] for address in found]
        if not addresses or not all(may_reach(address, loopback=self._loopback) for address in addresses):
            raise _NotReachableError
        return await self._network.connect_tcp(addresses[0], port, timeout, local_address, socket_options)


class HttpCourier:
    """See :class:`upi_risk.domain.outbox.Courier`. It knows no redirects and no proxies of the environment."""

    def __init__(
        self, *, loopback: bool, deadline_seconds: float = DEADLINE_SECONDS, context: ssl.SSLContext | None = None
    ) -> None:
        """``context`` says whom to trust; None trusts what the system does."""
        self._deadline_seconds = deadline_seconds
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context or ssl.create_default_context(),
            max_connections=100,
            keepalive_expiry=30.0,
            network_backend=GuardedNetwork(loopback=loopback),
        )

    async def post(self, url: str, headers: Mapping[str, str], body: str) -> Answered:
        """Try once."""
        try:
            async with asyncio.timeout(self._deadline_seconds):
                return Answered(await self._status(url, headers, body))
        except TimeoutError:
            return Answered(None, "no answer in time")
        except _NotReachableError:
            return Answered(None, "the address is not a public one")
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
            UnicodeError,
        ) as error:
            return Answered(None, type(error).__name__)

    async def close(self) -> None:
        """Close idle connections."""
        await self._pool.aclose()

    async def _status(self, url: str, headers: Mapping[str, str], body: str) -> int:
        sent = [("host", httpcore.URL(url).host.decode()), ("user-agent", "upi-risk"), *headers.items()]
        content = body.encode()
        sent.append(("content-length", str(len(content))))
        async with self._pool.stream("POST", url, headers=sent, content=content) as answer:
            status: int = answer.status
            return status
