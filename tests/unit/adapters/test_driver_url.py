"""URLs of PostgreSQL, of one server and of several."""

from pathlib import Path

import pytest

from upi_risk.adapters.postgres.backup import dump
from upi_risk.adapters.postgres.engine import driver_url
from upi_risk.domain.errors import StoreUnavailableError


def test_one_server() -> None:
    url = driver_url("postgresql://asha:p%2C%40@[::1]:5432/risk?sslmode=require")
    assert (url.drivername, url.username, url.password, url.host) == ("postgresql+psycopg", "asha", "p,@", "::1")
    assert (url.port, url.database, dict(url.query)) == (5432, "risk", {"sslmode": "require"})


def test_several_servers_as_libpq_has_them() -> None:
    url = driver_url("postgresql://asha:p%2C@one:5432,other:5433/risk?target_session_attrs=read-write")
    assert (url.username, url.password, url.host, url.database) == ("asha", "p,", None, "risk")
    assert dict(url.query) == {"host": ("one:5432", "other:5433"), "target_session_attrs": "read-write"}


def test_what_copies_a_database_wants_one_server(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailableError, match="names several servers"):
        dump("postgresql://asha:p@one,other/risk", Path("pg_dump"), tmp_path / "file")
