"""No library is older than the release that mended a weakness of ours, locked or installed."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("run", "embedded", "dev")

FLOORS = {
    "litestar": ("2.22.0", "CVE-2025-59152, CVE-2026-25479, 25480, CVE-2026-48061: trusts headers"),
    "redis": ("4.5.5", "CVE-2023-28858 and 28859: the answer to a cancelled command goes to the next user"),
    "h11": ("0.16.0", "CVE-2025-43859: malformed chunks are let pass"),
    "httptools": ("0.6.3", "leniencies of its parser can be set"),
    "uvicorn": ("0.54.0", "the protocol is built on its insides"),
    "msgspec": ("0.22.0", "as measured: strictness, depth, duplicate names"),
    "psycopg": ("3.3.9", "as measured: cancellation and deadlines"),
    "sqlalchemy": ("2.1.9", "as measured: the pool after a restart"),
    "catboost": ("1.2.10", "as measured: damaged models"),
}  # fmt: skip
NEVER = {"granian": "2.7.4", "psycopg-pool": "3.3.3"}
"""Not used; whoever adds one needs at least this (CVE-2026-42544; lost cancellations)."""


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("+")[0])[:4])


def _locked(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9.-]*)(?:\[[^\]]*\])?==([^ \\\n;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("name", FLOORS)
def test_the_lock_holds_no_older_release(lock: str, name: str) -> None:
    """Red when a floor is raised above the lock."""
    floor, why = FLOORS[name]
    assert _parts(_locked(lock)[name]) >= _parts(floor), why


@pytest.mark.parametrize("name", FLOORS)
def test_nor_does_the_environment(name: str) -> None:
    floor, why = FLOORS[name]
    assert _parts(version(name)) >= _parts(floor), why


@pytest.mark.parametrize("lock", LOCKS)
def test_what_was_left_out_for_a_weakness_comes_back_mended_alone(lock: str) -> None:
    held = _locked(lock)
    assert [name for name, floor in NEVER.items() if name in held and _parts(held[name]) < _parts(floor)] == []


def test_versions_are_compared_as_numbers() -> None:
    assert _parts("2.9.1") < _parts("2.22.0") < _parts("2.22.0.1")
