"""Who may do what beyond their own account: roles of users, and keys of services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

KEY_PREFIX: Final = "upk_"
"""What a key begins with; a token of a user begins otherwise, so that each is looked up where it belongs."""

LAST_USE: Final = timedelta(hours=1)
"""How coarsely the last use of a key is recorded."""


class Role(StrEnum):
    """What a user is to the service; everybody who signed up is a payer, and nobody more by signing up."""

    PAYER = "payer"
    ANALYST = "analyst"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a key of a service opens: checks on behalf of any payer, reading as operators do, reviewing."""

    CHECK = "check"
    READ = "read"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A service's key.

    Attributes:
        key_id: its name, no secret.
        digest: SHA-256 of the secret, see :func:`upi_risk.domain.session.digest`.
        label: what it is for, in the operator's words.
        scopes: what it opens.
        created_at: when it was made.
        revoked_at: from when on it opens nothing; None if it does.
        last_used_at: when it was used, to the hour; None if never.
    """

    key_id: str
    digest: bytes
    label: str
    scopes: frozenset[Scope]
    created_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def opens(self, scope: Scope | None) -> bool:
        """Whether it is good for something that needs this scope (None: nothing that a key may do)."""
        return self.revoked_at is None and scope in self.scopes

    def use_is_news(self, at: datetime) -> bool:
        """Whether a use at this instant is to be recorded."""
        return self.last_used_at is None or at >= self.last_used_at + LAST_USE


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use a route. By default nobody may.

    Attributes:
        public: anybody, without a token.
        payer: every user, for what is their own.
        roles: users with one of these roles, for what is others'.
        scope: services whose key has it.
    """

    public: bool = False
    payer: bool = False
    roles: frozenset[Role] = frozenset()
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a user, or a service by its key; one of the two is None."""

    user_id: str | None = None
    key: ApiKey | None = None

    @property
    def name(self) -> str:
        """As the audit log names them."""
        return f"key:{self.key.key_id}" if self.key else str(self.user_id)


class Roles(Protocol):
    """Which users are more than payers."""

    async def of(self, user_id: str) -> Role:
        """The user's role as last committed; PAYER for one who was given none.

        Raises:
            StoreUnavailableError: the store cannot be read.
        """

    async def give(self, user_id: str, role: Role, at: datetime) -> None:
        """Make this the user's role, instead of the one before.

        Raises:
            StoreUnavailableError: nothing is known of what was done.
        """


class ApiKeys(Protocol):
    """Keys of services. What one of these calls has done holds for every process from its return on.

    Each may raise StoreUnavailableError: nothing is known of what was done.
    """

    async def add(self, key: ApiKey) -> None:
        """Store a new key."""

    async def find(self, digests: Sequence[bytes]) -> list[ApiKey | None]:
        """The key of each digest, in order, revoked or not; None for one that was never made."""

    async def all(self) -> list[ApiKey]:
        """Every key, the oldest first."""

    async def revoke(self, key_id: str, at: datetime) -> bool:
        """Let a key open nothing from now on; False if there is none, or it was revoked before (that stands)."""

    async def used(self, key_id: str, at: datetime) -> None:
        """Record a use, unless one was recorded in the hour before."""
