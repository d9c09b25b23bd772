"""Who a request comes from: the peer of the connection or, through proxies that are trusted, whom these name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, TypeAlias

from litestar.types import HTTPScope

Network: TypeAlias = IPv4Network | IPv6Network
UNKNOWN: Final = "unknown"
FORWARDED_FOR: Final = "x-forwarded-for"
_LONGEST_CHAIN: Final = 32
_SITE_BITS: Final = 64


class ClientAddress:
    """From a request to the address it is counted under: an IPv4 address, or the /64 of an IPv6 one.

    Args:
        trusted: networks of proxies. Without any, headers are not read at all.
        header: the one header that these proxies write, in lower case. In ``x-forwarded-for`` the rightmost address
            that is no trusted proxy's is taken: what stands left of it is the client's own claim. Any other header
            has one address.
    """

    def __init__(self, trusted: Sequence[Network] = (), header: str = FORWARDED_FOR) -> None:
        self._trusted = tuple(trusted)
        self._header = header.encode()
        self._is_list = header == FORWARDED_FOR
        self._grouped = lru_cache(maxsize=4096)(_grouped)

    def __call__(self, scope: HTTPScope) -> str:
        """The address; that of the peer where a header is missing, comes twice or is malformed."""
        client = scope["client"]
        peer = client[0] if client else ""
        if self._trusted:
            return self._behind(scope, peer)
        return self._grouped(peer)

    def _behind(self, scope: HTTPScope, peer: str) -> str:
        address = _parsed(peer)
        if address is None or not self._is_trusted(address):
            return self._grouped(peer)
        said = [value for name, value in scope["headers"] if name == self._header]
        if not said or (len(said) > 1 and not self._is_list):
            return self._grouped(peer)
        hops = b",".join(said).split(b",")
        if len(hops) > (_LONGEST_CHAIN if self._is_list else 1):
            return self._grouped(peer)
        for hop in reversed(hops):
            named = _parsed(hop.strip(b" \t").decode("latin-1"))
            if named is None:
                return self._grouped(peer)
            if not self._is_list or not self._is_trusted(named):
                return self._grouped(str(named))
        return self._grouped(peer)

    def _is_trusted(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._trusted)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address, IPv4 where IPv6 only wraps it; None for anything else, one with a zone or a port included."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return None if address.scope_id else address.ipv4_mapped or address
    return address


def _grouped(text: str) -> str:
    address = _parsed(text)
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address) >> _SITE_BITS << _SITE_BITS, _SITE_BITS)))
    return str(address)
