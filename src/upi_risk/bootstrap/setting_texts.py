"""Settings as they are written."""

from __future__ import annotations

from collections.abc import Mapping


def filled(values: Mapping[str, str | None]) -> dict[str, str]:
    """Those that say something."""
    return {name: value for name, value in values.items() if value}


def listed(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(each.strip() for each in text.split(",") if each.strip())
