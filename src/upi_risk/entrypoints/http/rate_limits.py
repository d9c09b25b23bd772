"""Limits to how often an address may ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

from litestar.types import HTTPScope

from upi_risk.application.coalesce import Coalesce
from upi_risk.domain.errors import RateLimitedError
from upi_risk.domain.rate_limit import Ask, RateLimiter, Verdict
from upi_risk.entrypoints.http.client_address import ClientAddress

MINUTE: Final = 60
HOUR: Final = 3600
UNLIMITED: Final = frozenset({"/health/live", "/health/ready"})
"""Paths of which nothing is counted: who asks there decides whether the service is restarted."""

Headers: TypeAlias = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests of an address are let in; 0 is without a limit.

    Attributes:
        per_minute: of all routes together, but for the health ones.
        sign_ups_per_hour: of ``POST /signup``.
        log_ins_per_hour: of ``POST /login``.
    """

    per_minute: int = 100
    sign_ups_per_hour: int = 5
    log_ins_per_hour: int = 20


class LimitRequests:
    """Decides for each request whether it is let in. Those that wait together are one call of the limiter.

    Attributes:
        limiter: the one that is asked, for those that have asks of their own.
    """

    def __init__(self, limiter: RateLimiter, address: ClientAddress, limits: Limits) -> None:
        self.limiter = limiter

        async def admit(asks: Sequence[Ask]) -> Sequence[Verdict]:
            return await limiter.admit(asks)

        self._admit = Coalesce[Ask, Verdict](admit)
        self._address = address
        self._per_minute = limits.per_minute
        self._of_all = lru_cache(maxsize=4096)(lambda address: Ask(f"minute {address}", limits.per_minute, MINUTE))
        own = {"/signup": ("signup", limits.sign_ups_per_hour), "/login": ("login", limits.log_ins_per_hour)}
        self._own = {path: ask for path, ask in own.items() if ask[1]}

    async def __call__(self, scope: HTTPScope) -> Headers | None:
        """None if it is let in, else headers that say when to come back.

        One refused by the limit of its route has been counted against that of all routes.
        """
        path = scope["path"]
        if path in UNLIMITED:
            return None
        try:
            ask = self.ask_of_all_routes(scope)
            if ask is not None:
                await self.require(ask)
            if scope["method"] == "POST" and self._own:
                own = self._own.get(_canonical(path))
                if own is not None:
                    await self.require(Ask(f"{own[0]} {self._address(scope)}", own[1], HOUR))
        except RateLimitedError as refused:
            return limit_headers(refused)
        return None

    def ask_of_all_routes(self, scope: HTTPScope) -> Ask | None:
        """What a request has to ask of the limiter, whatever its route; None if there is no such limit."""
        return self._of_all(self._address(scope)) if self._per_minute else None

    async def require(self, ask: Ask) -> None:
        """Count a request.

        Raises:
            RateLimitedError: it is not let in.
        """
        verdict = await self._admit(ask)
        if not verdict.admitted:
            raise RateLimitedError(ask, verdict)


def limit_headers(refused: RateLimitedError) -> Headers:
    """When to come back, as draft-ietf-httpapi-ratelimit-headers-10 has it."""
    ask, wait = refused.ask, refused.verdict.retry_after_seconds
    name = ask.name.encode()
    return [
        (b"retry-after", b"%d" % wait),
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, ask.limit, ask.window_seconds)),
        (b"ratelimit", b'"%b";r=0;t=%d' % (name, wait)),
    ]


def _canonical(path: str) -> str:
    """The path without what the routing does not care for: the version, slashes in a row or at the end."""
    parts = [part for part in path.split("/") if part]
    return "/" + "/".join(parts[1:] if parts[:1] == ["v1"] else parts)
