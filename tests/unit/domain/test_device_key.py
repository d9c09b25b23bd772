"""Keys of devices: how they are spelt, and which are refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from upi_risk.adapters.cryptography.ed25519 import verifies
from upi_risk.domain.device_key import NOBODY, packed, public_key, unpacked
from upi_risk.domain.errors import InvalidInputError

P = 2**255 - 19
ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
D = -121665 * pow(121666, P - 2, P) % P


def encoded(y: int, sign: int = 0) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


SMALL = [encoded(y, sign) for y in (0, 1, P - 1, ORDER_8, P - ORDER_8, P, P + 1) for sign in (0, 1)]


def test_a_key_is_read_as_it_was_written() -> None:
    key = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    assert public_key(packed(key)) == key


@pytest.mark.parametrize("key", SMALL, ids=bytes.hex)
def test_a_key_that_anybody_can_sign_for_is_refused(key: bytes) -> None:
    """Removed: the list of such keys; each of them was read."""
    with pytest.raises(InvalidInputError, match="device_key: wrong_format"):
        public_key(packed(key))


def test_the_points_that_are_refused_are_the_eight_of_small_order() -> None:
    """x² = (y² - 1) / (d·y² + 1); doubling (x, y) thrice must give the neutral (0, 1)."""

    def double(x: int, y: int) -> tuple[int, int]:
        both = D * x * x * y * y % P
        return 2 * x * y * pow(1 + both, P - 2, P) % P, (y * y + x * x) * pow(1 - both, P - 2, P) % P

    points = 0
    for y in (0, 1, P - 1, ORDER_8, P - ORDER_8):
        square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
        x = pow(square, (P + 3) // 8, P)
        x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
        assert x * x % P == square
        points += len({x, -x % P})
        for _ in range(3):
            x, y = double(x, y)  # noqa: PLW2901 - the point goes on
        assert (x, y) == (0, 1)
    assert points == 8


@pytest.mark.parametrize(
    "text", ["", "A", "é" * 43, "!" * 43, packed(NOBODY) + "=", packed(NOBODY)[:-1] + "p", "A" * 44]
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        public_key(text)
    assert unpacked(text, 32) is None


def test_bytes_that_are_no_key_or_no_signature_verify_nothing() -> None:
    key = Ed25519PrivateKey.generate()
    public, signature = key.public_key().public_bytes_raw(), key.sign(b"x")
    assert verifies(public, b"x", signature)
    for bad in (verifies(public, b"y", signature), verifies(public, b"x", b""), verifies(b"", b"x", signature)):
        assert not bad
