"""The two servers that every test shares."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the tests' servers are: `postgresql://...` with the rights of a superuser, and `redis://...`."""

    database_url: str
    redis_url: str


_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder is made there under a name nobody can foresee
_ROOM = 2 * 2**30
"""Bytes; a process's servers take 0.1 GB, and there may be eight processes."""


def memory_folder() -> str | None:
    """A place in memory for data that is thrown away, or None, which means the usual one.

    A test's database is a copy of 300 files: most of a test's cost where they go to a disk.
    """
    usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK) and shutil.disk_usage(_MEMORY).free >= _ROOM
    return str(_MEMORY) if usable else None


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()
