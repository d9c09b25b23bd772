"""Prolonging sign-ins, and ending them."""

from __future__ import annotations

from upi_risk.application.tokens import Lifetimes, Tokens
from upi_risk.domain.account_ports import SignIns
from upi_risk.domain.errors import UnauthenticatedError
from upi_risk.domain.ports import Clock, Identities, Sessions
from upi_risk.domain.session import Session, TokenKind, digest
from upi_risk.domain.sign_in import Family, Renewal, Verdict, seal, unseal


class RefreshTokens:
    """From a refresh token to new tokens."""

    def __init__(self, sign_ins: SignIns, identities: Identities, clock: Clock, lifetimes: Lifetimes) -> None:
        self._sign_ins = sign_ins
        self._identities = identities
        self._clock = clock
        self._lifetimes = lifetimes

    async def __call__(self, token: str) -> Tokens:
        """Exchange the live refresh token; the one before, come again within the grace, gets the live one.

        Raises:
            UnauthenticatedError: it is not one, it is over, or it was exchanged before; that ends its whole sign-in.
        """
        at, lasts = self._clock.now(), self._lifetimes
        access, refresh = self._identities.token(), self._identities.token()
        renewal = Renewal(
            refresh=digest(refresh),
            sealed=seal(refresh, token),
            access=digest(access),
            at=at,
            access_until=at + lasts.access,
            expires_at=at + lasts.refresh,
        )
        renewed = await self._sign_ins.renew(digest(token), renewal)
        if renewed.verdict is Verdict.LIVE:
            return Tokens(access, refresh, lasts.access)
        if renewed.verdict is Verdict.AGAIN and renewed.family and renewed.family.sealed:
            return Tokens(access, unseal(renewed.family.sealed, token), lasts.access)
        raise UnauthenticatedError


class EndSignIns:
    """Signing out, and seeing where one is signed in."""

    def __init__(self, sessions: Sessions, sign_ins: SignIns, clock: Clock) -> None:
        self._sessions = sessions
        self._sign_ins = sign_ins
        self._clock = clock

    async def this(self, token: str) -> None:
        """End the sign-in of an access token.

        Raises:
            UnauthenticatedError: the token opens nothing.
        """
        session = await self._session(token)
        await self._sign_ins.end(session.user_id, session.family, self._clock.now())

    async def everywhere(self, token: str) -> None:
        """End every sign-in of an access token's user.

        Raises:
            UnauthenticatedError: the token opens nothing.
        """
        await self._sign_ins.end((await self._session(token)).user_id, None, self._clock.now())

    async def listed(self, token: str) -> tuple[str, list[Family]]:
        """The name of the token's own sign-in, and all that its user has, newest first.

        Raises:
            UnauthenticatedError: the token opens nothing.
        """
        session = await self._session(token)
        return session.family, await self._sign_ins.of_user(session.user_id, self._clock.now())

    async def _session(self, token: str) -> Session:
        (session,) = await self._sessions.find([digest(token)])
        if session is None or not session.opens(TokenKind.ACCESS, self._clock.now()):
            raise UnauthenticatedError
        return session
