"""What signing in needs from outside. Protocols only; each sentence is a contract."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from upi_risk.domain.challenge import Challenge, Purpose
from upi_risk.domain.device_key import DeviceKey
from upi_risk.domain.payment import Phone
from upi_risk.domain.person import Person
from upi_risk.domain.session import Session
from upi_risk.domain.sign_in import Family, Renewal, Renewed
from upi_risk.domain.user import User


class SignIns(Protocol):
    """Sign-ins under way. What one of these calls has ended opens nothing, anywhere, from its return on.

    Each may raise StoreUnavailableError: nothing is known of what was done. The call can be made again; ending what
    has ended is no mistake.
    """

    async def begin(
        self, family: Family, access: Session, most: int, user: User | None = None, person: Person | None = None
    ) -> Sequence[bytes]:
        """Store a sign-in with its first tokens and, if given, the user who signs up by it: all or nothing.

        A user has at most ``most`` sign-ins, however many begin at once: the oldest beyond are ended.

        Returns:
            The digests of access tokens that ended by it.

        Raises:
            PhoneTakenError: the new user's phone belongs to somebody; nothing was stored.
            UnknownUserError: the user was erased meanwhile; nothing was stored.
        """

    async def renew(self, presented: bytes, renewal: Renewal) -> Renewed:
        """Exchange a refresh token, given by its digest, as :meth:`Family.judge` says; of two at once one is first."""

    async def end(self, user_id: str, family: str | None, at: datetime) -> Sequence[bytes]:
        """End one sign-in of a user, or all of them (None); answers the digests of access tokens of the last day."""

    async def of_user(self, user_id: str, at: datetime) -> list[Family]:
        """The user's sign-ins that still live, newest first."""


class OneTimeSecrets(Protocol):
    """What challenges are made of; nobody can guess it."""

    def challenge_id(self) -> str:
        """A name of 256 random bits, letters, digits, ``-`` and ``_``, beginning with ``upc_``."""

    def code(self) -> str:
        """Six decimal digits, each as likely as any other."""


class Challenges(Protocol):
    """Challenges that may still be answered. Each of these calls may raise StoreUnavailableError."""

    async def open(self, challenge: Challenge, instead_of: Sequence[bytes] = ()) -> None:
        """Store a challenge in its slot; the one there before, and those in the other slots given, are gone."""

    async def attempt(self, challenge_id: str, at: datetime) -> Challenge | None:
        """Count a try and give the challenge; None if it is unknown, used, or :meth:`Challenge.lives` no more.

        However many ask at once, no more than :data:`upi_risk.domain.challenge.MOST_TRIES` ever get it.
        """

    async def use(self, challenge_id: str) -> bool:
        """Use a challenge up; of all who ever ask, one is told True."""


class DeviceKeys(Protocol):
    """Keys of devices. Each of these calls may raise StoreUnavailableError."""

    async def add(self, key: DeviceKey, most: int) -> None:
        """Store a key.

        Raises:
            DeviceConflictError: the user has the key already, or ``most`` that are not revoked; nothing was stored.
        """

    async def of_user(self, user_id: str) -> list[DeviceKey]:
        """The user's keys that are not revoked, oldest first."""

    async def used(self, user_id: str, key_id: str, at: datetime) -> bool:
        """Note that a key signed its user in; False, and nothing noted, if it is revoked."""

    async def revoke(self, user_id: str, key_id: str, at: datetime) -> bool:
        """Let a key open nothing, from the return on; False if the user has no such key, or it was revoked before."""


class CodeSender(Protocol):
    """The way to a phone."""

    async def send(self, phone: Phone, code: str, purpose: Purpose) -> None:
        """Bring a code to a phone, within a time that is bounded.

        Raises:
            CodeNotSentError: it may not have got there.
        """
