"""The two servers that every test shares."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the tests' servers are: `postgresql://...` with the rights of a superuser, and `redis://...`."""

    database_url: str
    redis_url: str
