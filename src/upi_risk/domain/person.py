"""Who a user is: a name and a phone, which no decision needs, kept apart from what the user has done."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Protocol

from upi_risk.domain.payment import Phone
from upi_risk.domain.user import User

_COUNTRY: Final = "+91"
_DIGITS: Final = 10
_NONE: Final = Phone("")
_DIGEST_BYTES: Final = 16
_ID_BYTES: Final = 4
_LATELY: Final = 8_192
"""Phones whose digests need not be made again, as those of receivers whom many pay."""

_BLOCK: Final = 32
"""What is sealed is as long as a multiple of this, so that its length does not tell the name's."""


@dataclass(frozen=True, slots=True)
class Person:
    """A name and a phone; both empty of a user who was erased, or who never was a person."""

    name: str = ""
    phone: Phone = _NONE

    def packed(self) -> str:
        """As one text, blanks at its end, to be sealed."""
        text = json.dumps([self.name, self.phone], ensure_ascii=False, separators=(",", ":"))
        return text + " " * (-len(text.encode()) % _BLOCK)

    @classmethod
    def unpacked(cls, text: str) -> Person:
        """What :meth:`packed` made."""
        name, phone = json.loads(text)
        return cls(name, Phone(phone))


NOBODY: Final = Person()


@dataclass(frozen=True, slots=True)
class Profile:
    """A user with who they are."""

    user: User
    person: Person

    @property
    def user_id(self) -> str:
        """The user's id."""
        return self.user.user_id

    @property
    def name(self) -> str:
        """The person's name."""
        return self.person.name

    @property
    def phone(self) -> Phone:
        """The person's phone."""
        return self.person.phone


@dataclass(frozen=True, slots=True)
class PhoneKeys:
    """Makes what is kept in a phone's place, to look a user up by: a keyed digest.

    There are 4 thousand million Indian numbers: without the secret, which is not in the database, a digest tells
    nothing; with it, every one of them.

    Attributes:
        current: the secret that makes new ones; empty knows phones in clear alone.
        previous: one that is still recognised while the other takes over; empty if there is none.
        sealing: whether new ones are digests; if not, phones in clear, as earlier releases have them.
    """

    current: str = ""
    previous: str = ""
    sealing: bool = True

    def kept(self, phone: Phone) -> str:
        """What is kept of a new user's phone: the secret's name, a dot and 128 bits of HMAC-SHA-256 in base64url."""
        return _token(self.current, phone) if self.current and self.sealing else phone

    def candidates(self, phone: Phone) -> tuple[str, ...]:
        """All that a phone may be kept as: what :meth:`kept` says, then as it was kept before."""
        return tuple(dict.fromkeys((self.kept(phone), *(_token(secret, phone) for secret in self._secrets), phone)))

    def own(self, receiver: str, kept: str) -> bool:
        """Whether the name before ``@`` is the phone that is kept, as ``9876543210@ybl`` and ``9876543210-2@ybl``."""
        number = receiver[:_DIGITS]
        if receiver[_DIGITS : _DIGITS + 1] not in {"@", "-"} or not (number.isascii() and number.isdigit()):
            return False
        phone = _COUNTRY + number
        return kept == phone or (not in_clear(kept) and any(kept == _token(secret, phone) for secret in self._secrets))

    @property
    def _secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.current, self.previous) if secret)

    @property
    def mark(self) -> str:
        """What everything that is kept under the current secret begins with; no phone does."""
        return f"{_name(self.current)}."


NOBODY_LIKE: Final = ("erased:", "none:")
"""How what is kept in the place of a phone begins, where there is none."""

IN_CLEAR: Final = PhoneKeys()
"""Knows phones in clear alone."""


def in_clear(kept: str) -> bool:
    """Whether what is kept in a phone's place is the phone."""
    return kept.startswith(_COUNTRY)


@lru_cache(maxsize=_LATELY)
def _token(secret: str, phone: str) -> str:
    digest = hmac.digest(secret.encode(), b"phone\0" + phone.encode(), hashlib.sha256)[:_DIGEST_BYTES]
    return f"{_name(secret)}.{urlsafe_b64encode(digest).decode().rstrip('=')}"


@cache
def _name(secret: str) -> str:
    return "p" + hmac.digest(secret.encode(), b"name", hashlib.sha256)[:_ID_BYTES].hex()


class Vault(Protocol):
    """Seals texts, so that nobody reads or changes them who does not have the key. Works without waiting."""

    @property
    def mark(self) -> str:
        """What everything that is sealed under the current key begins with."""

    def seal(self, text: str, of: str) -> str:
        """A text, sealed; each time differently.

        Args:
            text: in clear.
            of: whose or what it is; it opens as that alone.
        """

    def open(self, sealed: str, of: str) -> str:
        """The text in clear; one that never was sealed is answered as it is.

        Raises:
            UnreadableError: it was sealed under an unknown key, as somebody else's, or was changed.
        """
