"""Tokens, with copies in Redis in front of the store of record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
from redis.exceptions import ResponseError

from upi_risk.adapters.redis.best_effort import BestEffort, Command, Guard
from upi_risk.adapters.redis.client import Client
from upi_risk.adapters.redis.records import SessionRecord, pack, session_record
from upi_risk.domain.ports import Sessions
from upi_risk.domain.session import Session

LONGEST_LIFE: Final = timedelta(minutes=15)

ENDED: Final = b"-"
"""In the place of a copy: the token opens nothing, whatever the store said to a reader that began before."""


def key_of(prefix: str, token_digest: bytes) -> str:
    """Where the copy of a session is."""
    return f"{prefix}s:{token_digest.hex()}"


def copy_of(prefix: str, session: Session) -> Command:
    """Copies a session to where nothing is, for as long as it lives and no longer than :data:`LONGEST_LIFE`."""
    life = min(session.expires_at - session.created_at, LONGEST_LIFE)
    milliseconds = max(life // timedelta(milliseconds=1), 1)
    key = key_of(prefix, session.token_digest)
    return ("SET", key, pack(SessionRecord.of(session)), "PX", milliseconds, "NX")


class CachedSessions:
    """See :class:`upi_risk.domain.ports.Sessions`. Whatever Redis cannot answer, the store does.

    A session changes once at most: it is ended. Then :data:`ENDED` takes the place of its copy for longer than any
    reader takes, and a copy is only ever written where nothing is: a slow reader cannot bring back what has ended.

    Attributes:
        garbage: keys that held what they should not, and were removed.
    """

    def __init__(self, store: Sessions, client: Client, *, prefix: str = "upi:", guard: Guard | None = None) -> None:
        """``store`` has the truth; keys begin with the prefix."""
        self._store = store
        self._redis = BestEffort(client, guard)
        self._prefix = prefix
        self.garbage = 0

    @property
    def failures(self) -> int:
        """Calls that got no answer because Redis failed or was too slow."""
        return self._redis.failures

    async def add(self, sessions: Sequence[Session]) -> None:
        """Store tokens, then copy them."""
        await self._store.add(sessions)
        await self._redis.run([copy_of(self._prefix, session) for session in sessions])

    async def find(self, token_digests: Sequence[bytes]) -> list[Session | None]:
        """The session of each token, from its copy if there is one; the others in one call of the store."""
        asked = list(dict.fromkeys(token_digests))
        found = await self._copies(asked)
        missing = [token_digest for token_digest in asked if token_digest not in found]
        if missing:
            stored = [session for session in await self._store.find(missing) if session is not None]
            found |= {session.token_digest: session for session in stored}
            await self._redis.run([copy_of(self._prefix, session) for session in stored])
        return [found.get(token_digest) for token_digest in token_digests]

    async def _copies(self, token_digests: Sequence[bytes]) -> dict[bytes, Session | None]:
        """What is held of the tokens, None for one that was ended; garbage is removed."""
        replies = await self._redis.run([("GET", self._key(token_digest)) for token_digest in token_digests])
        copies: dict[bytes, Session | None] = {}
        garbage: list[Command] = []
        for token_digest, reply in zip(token_digests, replies or (), strict=False):
            if reply is None:
                continue
            if reply == ENDED:
                copies[token_digest] = None
                continue
            session = _session(token_digest, reply)
            if session is None:
                garbage.append(("DEL", self._key(token_digest)))
            else:
                copies[token_digest] = session
        self.garbage += len(garbage)
        await self._redis.run(garbage)
        return copies

    def _key(self, token_digest: bytes) -> str:
        return key_of(self._prefix, token_digest)


def _session(token_digest: bytes, reply: Any) -> Session | None:  # noqa: ANN401 - bytes, an error, or anything
    """Read a copy; None if it is not what we write."""
    if isinstance(reply, ResponseError):
        return None
    try:
        session = session_record(reply).value()
    except (msgspec.DecodeError, TypeError, ValueError):
        return None
    return session if session.token_digest == token_digest else None
