"""What every vault promises; see upi_risk.domain.person.Vault."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upi_risk.adapters.cryptography.vault import AesGcmVault
from upi_risk.adapters.memory import MemoryVault
from upi_risk.domain.errors import UnreadableError
from upi_risk.domain.person import Vault

OLD, NEW = "the secret that was there first", "the secret that came after it"
Opener = Callable[[], tuple[Vault, Vault, Vault]]


def real() -> tuple[Vault, Vault, Vault]:
    return AesGcmVault(OLD), AesGcmVault(NEW, OLD), AesGcmVault(NEW)


def in_memory() -> tuple[Vault, Vault, Vault]:
    before = MemoryVault("old")
    return before, MemoryVault("new", before), MemoryVault("newer")


@pytest.fixture(params=[real, in_memory])
def vaults(request: pytest.FixtureRequest) -> tuple[Vault, Vault, Vault]:
    """Before a change of keys, during it, and after it."""
    opener: Opener = request.param
    return opener()


def test_what_is_sealed_opens_as_what_it_is_and_as_nothing_else(vaults: tuple[Vault, Vault, Vault]) -> None:
    """Red where what a text belongs to is not authenticated with it."""
    vault, *_ = vaults
    sealed = vault.seal("Asha Rao", "person 1")
    assert vault.open(sealed, "person 1") == "Asha Rao"
    assert "Asha" not in sealed
    assert sealed.startswith(vault.mark)
    assert vault.seal("Asha Rao", "person 1") != sealed
    with pytest.raises(UnreadableError):
        vault.open(sealed, "person 2")


def test_what_was_never_sealed_is_answered_as_it_is(vaults: tuple[Vault, Vault, Vault]) -> None:
    assert vaults[0].open("whsec_abc", "webhook 1") == "whsec_abc"


def test_the_key_before_opens_while_the_other_takes_over_and_not_after(vaults: tuple[Vault, Vault, Vault]) -> None:
    """Red without the previous key."""
    before, during, after = vaults
    sealed = before.seal("Asha Rao", "person 1")
    assert during.open(sealed, "person 1") == "Asha Rao"
    assert not sealed.startswith(during.mark)
    assert during.seal("Asha Rao", "person 1").startswith(during.mark)
    with pytest.raises(UnreadableError):
        after.open(sealed, "person 1")


@given(text=st.text(), place=st.integers(0), change=st.integers(1, 63))
def test_not_a_character_can_be_changed_without_being_seen(text: str, place: int, change: int) -> None:
    """The last character is left alone: base64 does not use all of its bits."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    vault = AesGcmVault(NEW)
    sealed = vault.seal(text, "person 1")
    body = sealed.removeprefix(vault.mark).rstrip("=")
    at = place % (len(body) - 1)
    other = letters[(letters.index(body[at]) + change) % 64]
    with pytest.raises(UnreadableError):
        vault.open(sealed.replace(body, body[:at] + other + body[at + 1 :]), "person 1")
    with pytest.raises(UnreadableError):
        vault.open(vault.mark + "not base64 at all!", "person 1")


def test_a_vault_that_does_not_seal_opens_what_was() -> None:
    sealed = AesGcmVault(OLD).seal("Asha", "person 1")
    clear = AesGcmVault(OLD, sealing=False)
    assert clear.seal("Asha", "person 1") == "Asha"
    assert clear.open(sealed, "person 1") == "Asha"
