"""Who is calling: opaque tokens, known to us by their digests alone."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TokenKind(StrEnum):
    """What a token is good for."""

    ACCESS = "access"
    REFRESH = "refresh"


def digest(token: str) -> bytes:
    """The SHA-256 of a token, the only form in which it is kept; tokens have 256 random bits, so no salt is needed."""
    return hashlib.sha256(token.encode()).digest()


@dataclass(frozen=True, slots=True)
class Session:
    """A token's meaning.

    Attributes:
        token_digest: see :func:`digest`.
        user_id: whose it is.
        kind: access or refresh.
        family: common to all tokens of one sign-in.
        created_at: when it was issued.
        expires_at: from when on it is worth nothing.
    """

    token_digest: bytes
    user_id: str
    kind: TokenKind
    family: str
    created_at: datetime
    expires_at: datetime

    def opens(self, kind: TokenKind, at: datetime) -> bool:
        """Whether the token is of this kind and still good."""
        return self.kind is kind and at < self.expires_at
