"""A rate limiter over all processes: one script, the server's clock, and a list of the instants let in.

A list holds ``limit`` instants at most, and lives no longer than the window after the last of them. A key that holds
anything else is removed, and what was asked meanwhile is counted elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1, sha256
from math import ceil
from typing import Any, Final

from redis.exceptions import NoScriptError, ResponseError

from upi_risk.adapters.redis.best_effort import BestEffort, Command, Guard
from upi_risk.adapters.redis.client import Client
from upi_risk.domain.errors import StoreUnavailableError
from upi_risk.domain.rate_limit import Ask, Verdict

ADMIT: Final = b"""
local key, limit, window, wanted = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local first = redis.call('LINDEX', key, 0)
while first and tonumber(first) <= now - window do
  redis.call('LPOP', key)
  first = redis.call('LINDEX', key, 0)
end
local free = limit - redis.call('LLEN', key)
local let = math.max(math.min(wanted, free), 0)
for _ = 1, let do redis.call('RPUSH', key, string.format('%.0f', now)) end
if let > 0 then redis.call('PEXPIRE', key, window / 1000) end
first = first or now
return {let, free, tonumber(first) + window - now}
"""
"""KEYS: the list. ARGV: limit, window in microseconds, how many want to be let in.

Returns how many are let in, how many could have been, and the microseconds until the oldest leaves the window."""

_DIGEST: Final = sha1(ADMIT, usedforsecurity=False).hexdigest()
_MICROSECONDS: Final = 1_000_000

_GARBAGE: Final = ("WRONGTYPE", "attempt to")
"""In what is said of a key that holds no list, or a list of something else than numbers."""


class RedisRateLimiter:
    """See :class:`upi_risk.domain.rate_limit.RateLimiter`. All asks are one round trip, those of a bucket one call."""

    def __init__(self, client: Client, *, prefix: str = "upi:", guard: Guard | None = None) -> None:
        """Keys begin with the prefix."""
        self._redis = BestEffort(client, guard)
        self._prefix = prefix

    @property
    def failures(self) -> int:
        """Calls that got no answer because Redis failed or was too slow."""
        return self._redis.failures

    async def admit(self, asks: Sequence[Ask]) -> list[Verdict]:
        """Count and decide."""
        places: dict[str, list[int]] = {}
        for place, ask in enumerate(asks):
            places.setdefault(ask.bucket, []).append(place)
        groups = list(places.values())
        replies = await self._run([self._arguments(asks[group[0]], len(group)) for group in groups])
        verdicts: dict[int, Verdict] = {}
        for group, reply in zip(groups, replies, strict=True):
            verdicts |= zip(group, _verdicts(asks[group[0]], len(group), reply), strict=True)
        return [verdicts[place] for place in range(len(asks))]

    def _arguments(self, ask: Ask, wanted: int) -> Command:
        name = sha256(ask.bucket.encode()).hexdigest()[:32]  # no address and no phone in a key
        return (1, f"{self._prefix}l:{name}", ask.limit, ask.window_seconds * _MICROSECONDS, wanted)

    async def _run(self, calls: Sequence[Command]) -> list[Any]:
        """Call by the script's digest; a server that does not know it yet is sent the script itself."""
        replies = await self._redis.run([("EVALSHA", _DIGEST, *call) for call in calls])
        unknown = [place for place, reply in enumerate(replies or ()) if isinstance(reply, NoScriptError)]
        if replies is not None and unknown:
            again = await self._redis.run([("EVAL", ADMIT, *calls[place]) for place in unknown])
            if again is None:
                replies = None
            else:
                for place, reply in zip(unknown, again, strict=True):
                    replies[place] = reply
        if replies is None or not all(map(_is_count, replies)):
            await self._remove_garbage(calls, replies or ())
            raise StoreUnavailableError("The rate limiter's store gave no answer.")
        return replies

    async def _remove_garbage(self, calls: Sequence[Command], replies: Sequence[Any]) -> None:
        told = [
            (call, str(reply)) for call, reply in zip(calls, replies, strict=False) if isinstance(reply, ResponseError)
        ]
        await self._redis.run([("DEL", call[1]) for call, text in told if any(sign in text for sign in _GARBAGE)])


def _is_count(reply: object) -> bool:
    """Whether a reply is what the script returns."""
    return isinstance(reply, list) and len(reply) == 3 and all(isinstance(number, int) for number in reply)  # noqa: PLR2004


def _verdicts(ask: Ask, wanted: int, reply: Sequence[int]) -> list[Verdict]:
    let, free, wait = reply
    let = max(min(let, wanted), 0)
    seconds = min(max(ceil(wait / _MICROSECONDS), 1), ask.window_seconds)
    refused = Verdict(admitted=False, remaining=0, retry_after_seconds=seconds)
    admitted = [Verdict(admitted=True, remaining=free - 1 - number, retry_after_seconds=0) for number in range(let)]
    return admitted + [refused] * (wanted - let)
