"""Texts that are sealed with AES-256-GCM: nobody reads them without the key, or changes them without being seen.

``s1.<name of the key>.<nonce, text and tag in base64url>``. The nonce is 96 random bits, so that a key should seal no
more than 2^32 texts (NIST SP 800-38D, 8.3); what a text belongs to is authenticated with it: it opens nowhere else.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from upi_risk.domain.errors import UnreadableError

_SCHEME: Final = "s1."
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_NAME_BYTES: Final = 4


class AesGcmVault:
    """See :class:`upi_risk.domain.person.Vault`."""

    def __init__(self, current: str, previous: str = "", *, sealing: bool = True) -> None:
        """Derive the keys.

        Args:
            current: the secret that seals.
            previous: one that still opens, while the other takes over; empty if there is none.
            sealing: whether to seal at all; if not, texts stay in clear, and sealed ones are opened.
        """
        self._mark, _ = self._newest = _derived(current)
        self._keys: Mapping[str, AESGCM] = dict([self._newest, *([_derived(previous)] if previous else [])])
        self._sealing = sealing

    @property
    def mark(self) -> str:
        """What everything that is sealed under the current key begins with."""
        return self._mark

    def seal(self, text: str, of: str) -> str:
        """A text, sealed."""
        if not self._sealing:
            return text
        mark, key = self._newest
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return mark + urlsafe_b64encode(nonce + key.encrypt(nonce, text.encode(), _about(mark, of))).decode()

    def open(self, sealed: str, of: str) -> str:
        """The text in clear."""
        if not sealed.startswith(_SCHEME):
            return sealed
        mark = sealed[: len(self._mark)]
        key = self._keys.get(mark)
        if key is None:
            raise UnreadableError("Something is sealed with a key that is not known: see DATA_KEY_PREVIOUS.")
        try:
            data = urlsafe_b64decode(sealed[len(mark) :])
            return key.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], _about(mark, of)).decode()
        except (InvalidTag, ValueError):
            raise UnreadableError("Something that is sealed was changed, or belongs to somebody else.") from None


def _derived(secret: str) -> tuple[str, AESGCM]:
    """The mark of what a secret seals, and its key."""
    made = HKDF(SHA256(), _KEY_BYTES + _NAME_BYTES, salt=None, info=b"upi-risk data s1").derive(secret.encode())
    return f"{_SCHEME}{made[_KEY_BYTES:].hex()}.", AESGCM(made[:_KEY_BYTES])


def _about(mark: str, of: str) -> bytes:
    return f"{mark}{of}".encode()
