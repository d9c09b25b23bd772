"""Issuing tokens and recognising them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from upi_risk.domain.errors import UnauthenticatedError
from upi_risk.domain.ports import Clock, Identities, Sessions
from upi_risk.domain.session import Session, TokenKind, digest


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens are good for."""

    access: timedelta = timedelta(minutes=15)
    refresh: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets when it signs in; the only place where the tokens themselves appear."""

    access: str
    refresh: str
    expires_in: timedelta


class IssueTokens:
    """A pair of new tokens for a user."""

    def __init__(self, sessions: Sessions, identities: Identities, lifetimes: Lifetimes) -> None:
        self._sessions = sessions
        self._identities = identities
        self._lifetimes = lifetimes

    async def __call__(self, user_id: str, at: datetime) -> Tokens:
        """Issue and store; the tokens work from the return on."""
        access, refresh, family = (self._identities.token() for _ in range(3))
        lasts = self._lifetimes
        await self._sessions.add(
            [
                Session(digest(access), user_id, TokenKind.ACCESS, family, at, at + lasts.access),
                Session(digest(refresh), user_id, TokenKind.REFRESH, family, at, at + lasts.refresh),
            ]
        )
        return Tokens(access, refresh, lasts.access)


class Authenticate:
    """From an access token to the user it speaks for."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock

    async def __call__(self, token: str) -> str:
        """The user's id.

        Raises:
            UnauthenticatedError: the token is unknown, expired or not an access token.
        """
        (user_id,) = await self.many([token])
        if user_id is None:
            raise UnauthenticatedError
        return user_id

    async def many(self, tokens: Sequence[str]) -> list[str | None]:
        """The user's id for each token, in order and in one call of the store; None where a token opens nothing."""
        sessions = await self._sessions.find([digest(token) for token in tokens])
        now = self._clock.now()
        return [session.user_id if session and session.opens(TokenKind.ACCESS, now) else None for session in sessions]
