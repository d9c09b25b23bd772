"""A challenge: who has the phone, or the device, answers it; nobody else can."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from upi_risk.domain.payment import Phone

LASTS: Final = timedelta(minutes=5)
"""How long a challenge may be answered."""

RESEND_AFTER: Final = timedelta(seconds=30)
"""When a client should offer to send another code."""

MOST_TRIES: Final = 5
"""So many answers are looked at, whatever they are worth: with six digits, 5 in a million are guessed."""


class Purpose(StrEnum):
    """What a challenge is for; it is good for nothing else."""

    SIGN_UP = "sign up"
    LOG_IN = "log in"
    ADD_DEVICE = "add device"


class Way(StrEnum):
    """How it is meant to be answered."""

    CODE = "code"
    DEVICE_KEY = "device_key"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What is kept of a challenge: neither its phone nor its code.

    Attributes:
        challenge_id: names it; 256 random bits, told to who asked for it alone.
        slot: of two challenges with one slot, the later takes the place of the earlier.
        subject: phone and purpose, see :meth:`Peppers.subjects`.
        code: the digest of its code, see :meth:`Peppers.code`; None if it can be signed only.
        created_at: when it was asked for.
        expires_at: from when on it cannot be answered.
        tries: answers that were looked at so far.
    """

    challenge_id: str
    slot: bytes
    subject: bytes
    code: bytes | None
    created_at: datetime
    expires_at: datetime
    tries: int = 0

    def lives(self, at: datetime) -> bool:
        """Whether one more answer would be looked at."""
        return at < self.expires_at and self.tries < MOST_TRIES


@dataclass(frozen=True, slots=True)
class Peppers:
    """The secrets that digests of short or guessable things are made with.

    Attributes:
        current: makes every new digest.
        previous: one that is still recognised, while the other takes over; None if there is none.
    """

    current: str
    previous: str | None = None

    def code(self, challenge_id: str, code: str) -> bytes:
        """The digest of a code, as it is kept."""
        return _digest(self.current, challenge_id + code)

    def is_code(self, challenge_id: str, code: str, kept: bytes) -> bool:
        """Whether a digest is that of the code, under either pepper."""
        return _same(kept, [_digest(pepper, challenge_id + code) for pepper in self._both])

    def subjects(self, phone: Phone, purpose: Purpose) -> tuple[bytes, ...]:
        """Digests of a phone and a purpose: as new ones are kept, then as they may still be."""
        return tuple(_digest(pepper, f"subject\0{purpose}\0{phone}") for pepper in self._both)

    def is_subject(self, phone: Phone, purpose: Purpose, kept: bytes) -> bool:
        """Whether a digest is that of the phone and the purpose, under either pepper."""
        return _same(kept, self.subjects(phone, purpose))

    def phone(self, phone: Phone) -> str:
        """A name for a phone to count by, which does not tell the phone."""
        return _digest(self.current, f"phone\0{phone}").hex()

    @property
    def _both(self) -> tuple[str, ...]:
        return (self.current,) if self.previous is None else (self.current, self.previous)


def _digest(pepper: str, text: str) -> bytes:
    return hmac.digest(pepper.encode(), text.encode(), hashlib.sha256)


def _same(kept: bytes, candidates: tuple[bytes, ...] | list[bytes]) -> bool:
    """Compares with each, in a time that does not tell which."""
    found = [hmac.compare_digest(kept, one) for one in candidates]
    return any(found)
