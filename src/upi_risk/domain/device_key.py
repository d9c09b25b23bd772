"""A device's own key: Ed25519, the private half of which never leaves the device."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from upi_risk.domain.errors import InvalidInputError

MOST_DEVICES: Final = 5
"""Keys of one user that are not revoked."""

KEY_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64

NOBODY: Final = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
"""A key that belongs to no user (the first test vector of RFC 8032): checked where there is none to check, so that an
answer takes as long."""

_P: Final = 2**255 - 19
_SMALL_ORDER: Final = frozenset(
    {
        0,
        1,
        _P - 1,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)
"""The y of the eight points whose signatures anybody can make."""

VerifySignature: TypeAlias = Callable[[bytes, bytes, bytes], bool]
"""Whether, given a public key, a message and a signature, the key's owner signed the message; never raises."""


@dataclass(frozen=True, slots=True)
class DeviceKey:
    """A key that a user enrolled.

    Attributes:
        key_id: names it; no secret.
        user_id: whose it is.
        public_key: 32 bytes, as RFC 8032 has them.
        created_at: when it was enrolled.
        used_at: when it last signed its user in; None if never.
        revoked_at: from when on it opens nothing; None if it does.
    """

    key_id: str
    user_id: str
    public_key: bytes
    created_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None


def public_key(text: str, field: str = "device_key") -> bytes:
    """Read a public key: base64url without padding, of 32 bytes, and none of those that everybody can sign for.

    Raises:
        InvalidInputError: ``wrong_format``, with the field's name.
    """
    key = unpacked(text, KEY_BYTES)
    if key is None or (int.from_bytes(key, "little") & (2**255 - 1)) % _P in _SMALL_ORDER:
        raise InvalidInputError(field, "wrong_format")
    return key


def unpacked(text: str, length: int) -> bytes | None:
    """The bytes of a base64url text without padding, in its one canonical spelling; None if it is not that."""
    try:
        found = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == length and packed(found) == text else None


def packed(data: bytes) -> str:
    """Bytes as base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def log_in_message(challenge_id: str) -> bytes:
    """What a device signs to answer a challenge."""
    return f"upi-risk log in v1\n{challenge_id}".encode()


def enrolment_message(challenge_id: str, key: bytes) -> bytes:
    """What a device signs to show, within a challenge, that it has the private half of a key."""
    return f"upi-risk add device v1\n{challenge_id}\n{packed(key)}".encode()
