"""The whole list of attacks, over sockets, against the service as it is deployed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.attacks.cases import FILES, cases
from tests.attacks.runner import Run
from tests.attacks.serving import served

_COUNT = "select (select count(*) from users) + (select count(*) from transactions)"
_TRACES = ("Traceback", '"error":', "Exception")


def _counting(connection: psycopg.Connection) -> Callable[[], int]:
    def count() -> int:
        row = connection.execute(_COUNT).fetchone()
        assert row is not None
        return int(row[0])

    return count


@pytest.mark.parametrize("files", [FILES[:2], FILES[2:4], FILES[4:]], ids=" ".join)  # a service for each takes long
def test_every_attack_is_answered_as_the_list_says(
    files: tuple[str, ...], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Red for instance when ``body_length`` lets any coding pass, or the names of hosts are not compared."""
    with (
        served(database_url, redis_url, tmp_path / "log", HEAD_TIMEOUT_MS="2000", BODY_TIMEOUT_MS="2000") as serving,
        psycopg.connect(database_url, autocommit=True) as connection,
    ):
        run = Run(serving.address, _counting(connection))
        run.prepare()
        faults = [fault for file in files for case in cases(file) for fault in run.faults(case)]
        assert serving.process.poll() is None
    assert "\n".join(faults) == ""
    said = serving.said()
    assert [word for word in _TRACES if word in said] == []
    assert [name for name, value in run.known.items() if value in said] == []
