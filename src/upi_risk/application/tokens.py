"""Issuing tokens and recognising them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from upi_risk.domain.account_ports import SignIns
from upi_risk.domain.errors import UnauthenticatedError
from upi_risk.domain.person import Profile
from upi_risk.domain.ports import Clock, Identities, Sessions
from upi_risk.domain.session import TokenKind, digest
from upi_risk.domain.sign_in import Family


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long tokens are good for.

    Attributes:
        access: an access token.
        refresh: a refresh token that nobody exchanges.
        absolute: a sign-in, however often its refresh token is exchanged.
        most_sign_ins: of one user at a time; the oldest beyond are ended.
    """

    access: timedelta = timedelta(minutes=15)
    refresh: timedelta = timedelta(days=30)
    absolute: timedelta = timedelta(days=90)
    most_sign_ins: int = 5


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a client gets when it signs in; the only place where the tokens themselves appear."""

    access: str
    refresh: str
    expires_in: timedelta


class IssueTokens:
    """A new sign-in of a user, with its pair of tokens."""

    def __init__(self, sign_ins: SignIns, identities: Identities, lifetimes: Lifetimes) -> None:
        self._sign_ins = sign_ins
        self._identities = identities
        self._lifetimes = lifetimes

    async def __call__(self, user_id: str, at: datetime, signing_up: Profile | None = None) -> Tokens:
        """Issue and store, together with the user who signs up by it; the tokens work from the return on.

        Raises:
            PhoneTakenError: the new user's phone belongs to somebody; nothing was stored.
        """
        access, refresh, name = (self._identities.token() for _ in range(3))
        lasts = self._lifetimes
        family = Family(name, user_id, at, at + lasts.absolute, at, at + lasts.refresh, digest(refresh))
        session = family.access_session(digest(access), at, at + lasts.access)
        user, person = (signing_up.user, signing_up.person) if signing_up else (None, None)
        await self._sign_ins.begin(family, session, lasts.most_sign_ins, user, person)
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
