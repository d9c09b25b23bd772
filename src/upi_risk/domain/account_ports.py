"""What signing in needs from outside. Protocols only; each sentence is a contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from upi_risk.domain.session import Session
from upi_risk.domain.sign_in import Family, Renewal, Renewed
from upi_risk.domain.user import User


class SignIns(Protocol):
    """Sign-ins under way. What one of these calls has ended opens nothing, anywhere, from its return on.

    Each may raise StoreUnavailableError: nothing is known of what was done. The call can be made again; ending what
    has ended is no mistake.
    """

    async def begin(self, family: Family, access: Session, most: int, user: User | None = None) -> Sequence[bytes]:
        """Store a sign-in with its first tokens and, if given, the user who signs up by it: all or nothing.

        A user has at most ``most`` sign-ins: the oldest beyond are ended.

        Returns:
            The digests of access tokens that ended by it.

        Raises:
            PhoneTakenError: the new user's phone belongs to somebody; nothing was stored.
        """

    async def renew(self, presented: bytes, renewal: Renewal) -> Renewed:
        """Exchange a refresh token, given by its digest, as :meth:`Family.judge` says; of two at once one is first."""

    async def end(self, user_id: str, family: str | None, at: datetime) -> Sequence[bytes]:
        """End one sign-in of a user, or all of them (None); answers the digests of access tokens of the last day."""

    async def of_user(self, user_id: str, at: datetime) -> list[Family]:
        """The user's sign-ins that still live, newest first."""
