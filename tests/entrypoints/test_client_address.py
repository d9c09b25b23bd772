"""Who a request is counted under."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upi_risk.entrypoints.http.client_address import UNKNOWN, ClientAddress

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


def scope(peer: str | None, *headers: tuple[str, str]) -> Any:  # noqa: ANN401 - as much of a scope as is read
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return {"client": None if peer is None else (peer, 1), "headers": encoded}


def forwarded(*values: str) -> list[tuple[str, str]]:
    return [("x-forwarded-for", value) for value in values]


SPOOFS = ("x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "x-client-ip", "cf-connecting-ip")


def test_without_trusted_proxies_no_header_is_believed() -> None:
    address = ClientAddress()
    assert address(scope("192.0.2.1", *[(name, "203.0.113.9") for name in SPOOFS])) == "192.0.2.1"


def test_one_who_is_no_trusted_proxy_is_not_believed_either() -> None:
    assert ClientAddress(PROXIES)(scope("192.0.2.1", *forwarded("203.0.113.9"))) == "192.0.2.1"


@pytest.mark.parametrize(
    ("values", "counted"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["1.2.3.4, 203.0.113.9"], "203.0.113.9"),
        (["1.2.3.4", "203.0.113.9"], "203.0.113.9"),
        (["1.2.3.4, 203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        (["::ffff:203.0.113.9"], "203.0.113.9"),
        (["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        (["10.0.0.8, 10.0.0.7"], "10.0.0.1"),
        (["203.0.113.9, nonsense"], "10.0.0.1"),
        (["203.0.113.9, "], "10.0.0.1"),
        (["203.0.113.9:80"], "10.0.0.1"),
        (["fe80::1%eth0"], "10.0.0.1"),
        (["010.1.1.1"], "10.0.0.1"),
        (["\xff"], "10.0.0.1"),
        ([",".join(["203.0.113.9"] * 33)], "10.0.0.1"),
        ([], "10.0.0.1"),
    ],
)
def test_through_a_trusted_proxy_the_rightmost_untrusted_address_is_counted(values: list[str], counted: str) -> None:
    assert ClientAddress(PROXIES)(scope("10.0.0.1", *forwarded(*values))) == counted


def test_only_the_header_that_was_named_is_read() -> None:
    address = ClientAddress(PROXIES, "x-real-ip")
    assert address(scope("10.0.0.1", *forwarded("1.2.3.4"), ("x-real-ip", "203.0.113.9"))) == "203.0.113.9"
    assert address(scope("10.0.0.1", *forwarded("1.2.3.4"))) == "10.0.0.1"
    assert address(scope("10.0.0.1", ("x-real-ip", "1.2.3.4, 203.0.113.9"))) == "10.0.0.1"
    assert address(scope("10.0.0.1", ("x-real-ip", "1.2.3.4"), ("x-real-ip", "203.0.113.9"))) == "10.0.0.1"


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", UNKNOWN),
        ("nonsense", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_peer_is_counted_by_its_address_or_its_site(peer: str | None, counted: str) -> None:
    assert ClientAddress()(scope(peer)) == counted


@given(st.text(st.characters(max_codepoint=255), max_size=40))
def test_whatever_a_client_claims_left_of_the_proxies_word_changes_nothing(claim: str) -> None:
    said = scope("10.0.0.1", *forwarded(f"{claim[:20]}, 203.0.113.9"))
    assert ClientAddress(PROXIES)(said) == "203.0.113.9"
