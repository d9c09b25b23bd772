"""A sign-in: the family of tokens that one proof of identity led to, and how it is prolonged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from upi_risk.domain.session import Session, TokenKind

GRACE: Final = timedelta(seconds=10)
"""How long the token before may come once more: the reply to it may have been lost."""

LONGEST_ACCESS: Final = timedelta(days=1)
"""No access token lives longer."""


class Verdict(StrEnum):
    """What a refresh token that was presented is."""

    LIVE = "live"
    AGAIN = "again"
    REUSED = "reused"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Family:
    """A sign-in.

    Attributes:
        name: common to all its tokens; random, and no secret.
        user_id: whose it is.
        created_at: when the user proved who they are.
        ends_at: when they have to do so again, however busy the tokens are.
        renewed_at: when the refresh token was last exchanged.
        expires_at: when the refresh token is worth nothing, unless it is exchanged before.
        refresh: digest of the one live refresh token.
        previous: digest of the one before; None if there was none.
        sealed: the live refresh token, which only the one before opens; None if there was none.
    """

    name: str
    user_id: str
    created_at: datetime
    ends_at: datetime
    renewed_at: datetime
    expires_at: datetime
    refresh: bytes
    previous: bytes | None = None
    sealed: bytes | None = None

    def lives(self, at: datetime) -> bool:
        """Whether it can still be prolonged."""
        return at < min(self.expires_at, self.ends_at)

    def judge(self, presented: bytes, at: datetime) -> Verdict:
        """What a refresh token of this family, given by its digest, is at an instant."""
        if not self.lives(at):
            return Verdict.OVER
        if presented == self.refresh:
            return Verdict.LIVE
        if presented == self.previous and at < self.renewed_at + GRACE:
            return Verdict.AGAIN
        return Verdict.REUSED

    def renewed(self, renewal: Renewal) -> Family:
        """The family after its refresh token was exchanged."""
        return replace(
            self,
            renewed_at=renewal.at,
            expires_at=renewal.expires_at,
            refresh=renewal.refresh,
            previous=self.refresh,
            sealed=renewal.sealed,
        )

    def refresh_session(self) -> Session:
        """The session of its live refresh token."""
        until = min(self.expires_at, self.ends_at)
        return Session(self.refresh, self.user_id, TokenKind.REFRESH, self.name, self.renewed_at, until)

    def access_session(self, token_digest: bytes, at: datetime, until: datetime) -> Session:
        """The session of an access token of it; none outlives the family."""
        return Session(token_digest, self.user_id, TokenKind.ACCESS, self.name, at, min(until, self.ends_at))


@dataclass(frozen=True, slots=True)
class Renewal:
    """The tokens that take over, by their digests.

    Attributes:
        refresh: of the refresh token.
        sealed: that token, see :func:`seal`.
        access: of the access token.
        at: when.
        access_until: how long the access token is good for.
        expires_at: how long the refresh token is.
    """

    refresh: bytes
    sealed: bytes
    access: bytes
    at: datetime
    access_until: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Renewed:
    """What came of it.

    Attributes:
        verdict: LIVE: the tokens took over. AGAIN: the access token was added, and the live refresh token is the one
            sealed in the family. REUSED: the family was ended. OVER: nothing was done.
        family: as it is now; None if there is none.
        ended: digests of access tokens that are worth nothing any more.
    """

    verdict: Verdict
    family: Family | None = None
    ended: tuple[bytes, ...] = ()


def seal(successor: str, token: str) -> bytes:
    """A token, so that only who has the one before can read it.

    The pad is drawn from 256 random bits, and each token seals one other alone.
    """
    plain = successor.encode()
    return bytes(a ^ b for a, b in zip(plain, _pad(token, len(plain)), strict=True))


def unseal(sealed: bytes, token: str) -> str:
    """The token that :func:`seal` hid."""
    return bytes(a ^ b for a, b in zip(sealed, _pad(token, len(sealed)), strict=True)).decode()


def _pad(token: str, length: int) -> bytes:
    return hashlib.shake_256(b"upi-risk successor\0" + token.encode()).digest(length)
