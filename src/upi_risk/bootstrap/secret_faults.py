"""What is wrong with a secret, in a sentence that does not tell it."""

from __future__ import annotations

import ipaddress
import stat
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

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
