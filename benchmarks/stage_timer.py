"""Time by stage. The service has no timers in it: parts of it are wrapped while a measurement lasts."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter, process_time
from typing import Any, Final

from upi_risk.adapters.catboost import scorer
from upi_risk.adapters.catboost.trees import Trees
from upi_risk.adapters.postgres.ledger import PostgresLedger
from upi_risk.adapters.redis.snapshot_cache import RedisSnapshotCache
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.decide import Decide
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.domain import policy
from upi_risk.domain.feature_sets import FeatureSet
from upi_risk.domain.ruling import Ruling

PARTS: Final[tuple[tuple[str, Any, str], ...]] = (
    ("look near", LoadSnapshot, "near"),
    ("load", LoadSnapshot, "__call__"),
    ("features", FeatureSet, "vector"),
    ("predict", scorer.CatBoostScorer, "score"),
    ("factors", Trees, "contributions"),
    ("factors", policy, "explain"),
    ("policy", policy.RiskPolicy, "assess"),
    ("fold", Decide, "__call__"),
    ("rules", Ruling, "judge"),
    ("commit", PostgresLedger, "commit"),
    ("cache write", RedisSnapshotCache, "write_users"),
    ("batch", CheckTransaction, "__call__"),
)
"""Parts of the use case: the stage, and where its function is."""


_TRIALS: Final = 5
_CALLS: Final = 2_000


@dataclass(slots=True)
class Spent:
    """Seconds by stage, of the clock (waiting included) and of this process's CPU.

    Attributes:
        wall: by the clock.
        cpu: of this process, all threads.
        own: what timing a stage costs the one around it; see :func:`cost_of_timing`.
    """

    wall: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    own: tuple[float, float] = (0.0, 0.0)
    _within: list[tuple[float, float]] = field(default_factory=list)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as a stage; what stages within it take, and what it takes to time them, is not its own."""
        self._within.append((0.0, 0.0))
        wall, cpu = perf_counter(), process_time()
        try:
            yield
        finally:
            wall, cpu = perf_counter() - wall, process_time() - cpu
            inner_wall, inner_cpu = self._within.pop()
            self.wall[name] += wall - inner_wall
            self.cpu[name] += cpu - inner_cpu
            if self._within:
                outer_wall, outer_cpu = self._within[-1]
                self._within[-1] = (outer_wall + wall + self.own[0], outer_cpu + cpu + self.own[1])


def cost_of_timing() -> tuple[float, float]:
    """Seconds, of the clock and of CPU, by which a function that is timed lengthens the stage around it."""
    costs = []
    for _ in range(_TRIALS):
        spent = Spent()
        nothing = wrapped(spent, "within", lambda: None)
        with spent.stage("around"):
            for _ in range(_CALLS):
                nothing()
        costs.append((spent.wall["around"] / _CALLS, spent.cpu["around"] / _CALLS))
    return min(costs)


@contextlib.contextmanager
def timed(spent: Spent) -> Iterator[None]:
    """The parts of the use case wrapped while the block runs, in which one batch at a time may be under way."""
    held = [(owner, name, getattr(owner, name)) for _, owner, name in PARTS]
    for stage, owner, name in PARTS:
        setattr(owner, name, wrapped(spent, stage, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, function in held:
            setattr(owner, name, function)


def wrapped(spent: Spent, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose calls are timed as a stage."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaiting(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
            with spent.stage(stage):
                return await function(*args, **kwargs)

        return awaiting

    @functools.wraps(function)
    def calling(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        with spent.stage(stage):
            return function(*args, **kwargs)

    return calling
