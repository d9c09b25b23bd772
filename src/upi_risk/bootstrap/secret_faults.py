"""What is wrong with a secret, in a sentence that does not tell it."""

from __future__ import annotations

import ipaddress
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from upi_risk.bootstrap.data_settings import DataSettings

SHORTEST: Final = 32
_FEWEST_DIFFERENT: Final = 10
_PLACEHOLDERS: Final = ("the_postgres_password", "the_redis_password", "change-me", "change_me", "changeme", "example")
_DRAW: Final = "python3 -c 'import secrets; print(secrets.token_urlsafe(32))' makes one"


def fault_of_secret(name: str, value: str, *, needed: bool = False, least: int = SHORTEST) -> str | None:
    """Why a secret cannot be used; None if it can, or is absent and not needed.

    Args:
        name: of the setting.
        value: its value.
        needed: whether it must be there.
        least: how many characters it must have.
    """
    if not value:
        return f"{name} is not set: {_DRAW}." if needed else None
    if len(value) < least:
        return f"{name} is too short: it must have at least {least} characters; {_DRAW}."
    if len(set(value)) < _FEWEST_DIFFERENT:
        return f"{name} can be guessed: {_DRAW}."
    return fault_of_placeholder(name, value)


def fault_of_placeholder(name: str, value: str) -> str | None:
    """Whether a setting is still the one of an example."""
    if any(text in value.lower() for text in _PLACEHOLDERS):
        return f"{name} is still that of the example: put a secret of your own in its place."
    return None


def fault_of_gateway(url: str, *, safe: bool) -> str | None:
    """Why codes cannot be sent there; None if they can.

    Args:
        url: of the gateway.
        safe: whether it must be https, but for one on this machine.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "OTP_GATEWAY_URL is no https:// URL."
    if parts.scheme not in {"http", "https"} or not host:
        return "OTP_GATEWAY_URL is no https:// URL."
    if safe and parts.scheme == "http" and not is_loopback(host):
        return "OTP_GATEWAY_URL must be https: codes must not be read on the way."
    return None


def fault_of_data_keys(settings: DataSettings, *, needed: bool) -> str | None:
    """Why personal data cannot be protected by the keys; None if it can.

    Args:
        settings: the keys are among them.
        needed: whether they must be there.
    """
    for name, value, must in (
        ("DATA_KEY", settings.data_key, needed),
        ("DATA_KEY_PREVIOUS", settings.data_key_previous, False),
        ("PHONE_INDEX_KEY", settings.phone_index_key, needed),
        ("PHONE_INDEX_KEY_PREVIOUS", settings.phone_index_key_previous, False),
    ):
        fault = fault_of_secret(name, value, needed=must)
        if fault is not None:
            return fault
    if settings.data_key and settings.data_key == settings.phone_index_key:
        return "PHONE_INDEX_KEY is the same as DATA_KEY: give it a secret of its own."
    return None


def fault_of_transport(name: str, url: str) -> str | None:
    """Why what goes to a server may be read or changed on the way; None if it may not, or there is no way.

    Args:
        name: of the setting.
        url: of PostgreSQL or Redis; nothing is said of one that cannot be read.
    """
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
        hosts = [parts.hostname or "", *",".join(query.get("host", ())).split(",")]
    except ValueError:
        return None
    if all(not host or host.startswith("/") or is_loopback(host) for host in hosts):
        return None
    if parts.scheme.startswith("redis"):
        safe, wanted = parts.scheme.startswith("rediss"), "must begin with rediss"
        safe = safe and query.get("ssl_cert_reqs", ["required"]) == ["required"]
    else:
        safe, wanted = query.get("sslmode") == ["verify-full"], "needs ?sslmode=verify-full"
    if safe:
        return None
    return f"{name} leads to another machine without TLS that is verified: it {wanted}, or set REQUIRE_TLS=false."


def fault_of_file(path: Path) -> str | None:
    """Whether everybody on this machine may read a file with secrets."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        return f"{path.name} can be read by everybody on this machine: chmod 600 {path.name}."
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
