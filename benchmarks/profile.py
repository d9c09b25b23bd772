"""Microseconds a payment by stage, in one process, over real PostgreSQL and Valkey.

The service has no timers in it: the parts of its use case are wrapped for the time of the measurement, so that they cost
nothing otherwise. Batches are driven one after the other. A stage's time is its own, without that of stages within it.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time
from typing import Any, Final

import uvloop
from litestar import Litestar

from benchmarks import stacks
from benchmarks.asking import Client
from upi_risk.adapters.catboost import scorer
from upi_risk.adapters.catboost.trees import Trees
from upi_risk.adapters.postgres.ledger import PostgresLedger
from upi_risk.adapters.redis.snapshot_cache import RedisSnapshotCache
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.decide import Decide
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.application.tokens import Authenticate
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain import policy
from upi_risk.domain.feature_sets import FeatureSet
from upi_risk.entrypoints.http import checks
from upi_risk.entrypoints.http.body import JsonBody

MODELS: Final = ("v2.0", "v1.0")
BATCHES: Final = (1, 100)
PAYMENTS: Final = 1500
"""For each model and size of batch."""

STAGES: Final[tuple[tuple[str, Any, str], ...]] = (
    ("decode", JsonBody, "__call__"),
    ("authenticate", Authenticate, "__call__"),
    ("load", LoadSnapshot, "__call__"),
    ("features", FeatureSet, "vector"),
    ("predict", scorer, "fraud_probabilities"),
    ("factors", Trees, "contributions"),
    ("factors", policy, "explain"),
    ("policy", policy.RiskPolicy, "assess"),
    ("fold and draft", Decide, "__call__"),
    ("commit", PostgresLedger, "commit"),
    ("cache write", RedisSnapshotCache, "write_users"),
    ("batch", CheckTransaction, "__call__"),
    ("encode", checks, "check_answer"),
    ("encode", checks, "answer"),
)
"""What is timed: the stage, and where its function is."""


@dataclass(slots=True)
class Spent:
    """Seconds by stage: of the clock, and of this process's CPU."""

    wall: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    within: list[tuple[float, float]] = field(default_factory=list)

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as a stage; what stages within it take is theirs."""
        self.within.append((0.0, 0.0))
        wall, cpu = perf_counter(), process_time()
        try:
            yield
        finally:
            wall, cpu = perf_counter() - wall, process_time() - cpu
            inner_wall, inner_cpu = self.within.pop()
            self.wall[name] += wall - inner_wall
            self.cpu[name] += cpu - inner_cpu
            if self.within:
                outer_wall, outer_cpu = self.within[-1]
                self.within[-1] = (outer_wall + wall, outer_cpu + cpu)


@contextlib.contextmanager
def timed(spent: Spent) -> Iterator[None]:
    """The stages wrapped while the block runs; for code that does one thing after another."""
    held = [(owner, name, getattr(owner, name)) for _, owner, name in STAGES]
    for stage, owner, name in STAGES:
        setattr(owner, name, _wrapped(spent, stage, getattr(owner, name)))
    try:
        yield
    finally:
        for owner, name, function in held:
            setattr(owner, name, function)


def _wrapped(spent: Spent, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
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
