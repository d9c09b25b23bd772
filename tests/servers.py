"""The two servers that every test shares."""

from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the tests' servers are: `postgresql://...` with the rights of a superuser, and `redis://...`."""

    database_url: str
    redis_url: str


def rows(database_url: str, query: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with psycopg.connect(database_url) as connection:
        return connection.execute(query).fetchall()
