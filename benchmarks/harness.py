"""The load harness, which lies beside the project and is not part of it."""

from __future__ import annotations

import importlib.util
import os
import shutil
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

HERE: Final = Path(__file__).parent
SCRIPT: Final = "load.py"
RECEIVERS: Final = 2_000


class MissingError(Exception):
    """Something that measuring needs is not there; the text is one sentence that says what to do."""


class Harness:
    """Drives ``POST /check-transaction`` of targets with wrk, and reads CPU times from /proc.

    Args:
        folder: where ``load.py``, ``check_transaction.lua`` and ``guide_stack`` are.
        database_url: the server whose rows are counted; each target names its database and table.
        beside: the ports of PostgreSQL and Redis, whose CPU time counts as well.
        users: how many sign up with each target.

    Raises:
        MissingError: the harness, or wrk, is not there.
    """

    def __init__(self, folder: Path, database_url: str, beside: dict[str, int], users: int) -> None:
        require(folder)
        self._load = _module(folder / SCRIPT)
        self._load.HERE = HERE  # our script asks for one percentile more
        os.environ["LOAD_HARNESS"] = str(folder)
        self._load.Target.count_rows = _rows_of(database_url)
        self._tail: dict[str, float] = {}
        self._load.wrk = self._keeping_the_tail(self._load.wrk)
        self._args = Namespace(receivers=RECEIVERS, zipf=1.0, beside=beside, psql="", seconds=0.0)
        self._users = users

    def target(self, text: str) -> Any:  # noqa: ANN401 - the harness's own class
        """A target as the harness writes them, its users signed up, one request answered as it should be."""
        target = self._load.Target.parse(text)
        target.sign_up(self._users)
        target.probe()
        return target

    def warm(self, target: Any, seconds: float) -> None:  # noqa: ANN401
        """Load a target without measuring."""
        self._load.wrk(target, self._args, 32, seconds, seed=99)

    def run(
        self,
        target: Any,  # noqa: ANN401 - the harness's own class
        connections: int,
        seconds: float,
        seed: int,
        receivers: int = RECEIVERS,
    ) -> dict[str, Any]:
        """One closed-loop run: requests a second, latencies in ms, CPU a decision in µs, what others used."""
        self._args.seconds, self._args.receivers = seconds, receivers
        self._load.wait_for_quiet(0.3, 3)
        run: dict[str, Any] = self._load.measure(target, self._args, connections, seed)
        return run | {"p999": self._tail["p999"] / 1000}

    def _keeping_the_tail(self, wrk: Callable[..., Any]) -> Callable[..., Any]:
        def keeping(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            result, spent = wrk(*args, **kwargs)
            self._tail = result
            return result, spent

        return keeping


def require(folder: Path) -> None:
    """Refuse to go on without the harness or what it calls.

    Raises:
        MissingError: with a sentence that says what to do.
    """
    if not (folder / SCRIPT).is_file():
        raise MissingError(f"The load harness is not in {folder}: name its folder, `make bench BENCH=folder`.")
    if shutil.which("wrk") is None:
        raise MissingError("The load harness needs wrk: `sudo apt-get install wrk`, then try again.")


def _module(path: Path) -> Any:  # noqa: ANN401 - a module whose names nobody has typed
    spec = importlib.util.spec_from_file_location("upi_risk_load_harness", path)
    if spec is None or spec.loader is None:
        raise MissingError(f"{path} cannot be read as Python: name the folder of the harness with BENCH=.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _rows_of(database_url: str) -> Callable[[Any, str], int | None]:
    """Count without psql, which would want the password in the environment."""

    def count(target: Any, _psql: str) -> int | None:  # noqa: ANN401
        if not target.rows:
            return None
        database, table = target.rows.split(":")
        with psycopg.connect(database_url, dbname=database) as connection:
            found = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        return int(found[0]) if found else None

    return count
