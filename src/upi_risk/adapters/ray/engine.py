"""Tasks of a Ray cluster, one of this machine that ends with the work, or one that runs already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Generic, cast

from upi_risk.domain.engine import Piece, Result, Table
from upi_risk.domain.errors import EngineFailedError, UpiRiskError

OWN: Final = "ray"
"""Names a cluster of this machine, made for the purpose."""

STORE_BYTES: Final = 1 << 30
"""At most so much memory holds tables in a cluster of ours; Ray lays what is more on disk."""

LOST: Final = "The Ray cluster lost a worker, or was lost"


class RayEngine:
    """Ray as an :class:`~upi_risk.domain.engine.Engine`.

    Tables lie in Ray's object store, once for each machine, and workers look into it.
    """

    def __init__(self, address: str, workers: int, store_bytes: int = STORE_BYTES) -> None:
        """Name the cluster.

        Args:
            address: :data:`OWN`; or of one that runs, as Ray has it: ``auto``, ``HOST:PORT`` or ``ray://HOST:PORT``.
            workers: processes of a cluster of our own; one that runs has its own number.
            store_bytes: the object store of a cluster of our own.
        """
        self._address = address
        self._workers = workers
        self._store_bytes = store_bytes

    @contextmanager
    def open(self, tables: Iterable[Table], room: Path) -> Iterator[_RayCrew[Table]]:  # noqa: ARG002 - the port's
        """Put tables into the object store; see the port."""
        ray = _ray()
        self._join(ray)
        try:
            yield _RayCrew(ray, [ray.put(table) for table in tables])
        finally:
            ray.shutdown()

    def _join(self, ray: ModuleType) -> None:
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
        if self._address == OWN:
            cluster = {"num_cpus": self._workers, "object_store_memory": self._store_bytes, "include_dashboard": False}
            options |= {"address": "local", **cluster}
        else:
            options["address"] = self._address
        try:
            ray.init(**options)
        except (OSError, RuntimeError, ValueError, ImportError) as error:
            reason = str(error).strip().partition("\n")[0]
            message = f"No Ray cluster at --engine {self._address}: {reason}"
            raise EngineFailedError(f"{message}; start one (`ray start --head`), or name another.") from error


class _RayCrew(Generic[Table]):
    def __init__(self, ray: ModuleType, tables: Sequence[Any]) -> None:
        self._ray = ray
        self._tables = tables

    def run(
        self, work: Callable[[Table, Piece], Result], pieces: Sequence[tuple[int, Piece]]
    ) -> Iterator[tuple[int, Result]]:
        """Do every piece, each on one CPU; see the port."""
        task = self._ray.remote(num_cpus=1)(_work)
        shared = self._ray.put(work)
        waiting = {
            task.remote(shared, self._tables[table], piece): place for place, (table, piece) in enumerate(pieces)
        }
        try:
            while waiting:
                (ready, *_), _ = self._ray.wait(list(waiting), num_returns=1)
                yield waiting.pop(ready), self._ray.get(ready)
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, UpiRiskError):
                raise error.cause from None
            raise
        except self._ray.exceptions.RayError as error:
            raise EngineFailedError(f"{LOST} ({type(error).__name__}). What is finished is kept; try again.") from error
        finally:
            for left in waiting:
                self._ray.cancel(left, force=True)


def _work(work: Callable[[Table, Piece], Result], table: Table, piece: Piece) -> Result:
    return work(table, piece)


def _ray() -> ModuleType:
    """Ray, which takes seconds to import, and is not there for whoever did not ask for it."""
    try:
        import ray  # noqa: PLC0415 - only who names it pays for it
    except ImportError as error:
        message = "--engine needs Ray, which is not installed: pip install 'upi-risk[ray]', or use --workers."
        raise EngineFailedError(message) from error
    return cast("ModuleType", ray)
