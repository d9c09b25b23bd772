"""Figures that the parts of a process keep themselves, read a few times a second."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

from sqlalchemy.pool import QueuePool

from upi_risk.adapters.prometheus.tally import Tally
from upi_risk.bootstrap.container import Container


class Sampling:
    """Reads them."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._version = ""

    def __call__(self, tally: Tally) -> None:
        """Put the present figures into the tally."""
        container = self._container
        stats, cache, ledger = container.load().stats, container.cache(), container.measured_ledger()
        tally.reach("upi_risk_cache_lookups", ("hit",), stats.hits)
        tally.reach("upi_risk_cache_lookups", ("miss",), stats.misses)
        tally.reach("upi_risk_cache_failures", (), cache.failures)
        tally.reach("upi_risk_cache_skipped", (), cache.skipped)
        tally.reach("upi_risk_database_reads", (), ledger.reads)
        pool = container.engine().pool
        if isinstance(pool, QueuePool):
            tally.state("upi_risk_pool_connections", ("used",), pool.checkedout())
            tally.state("upi_risk_pool_connections", ("idle",), pool.checkedin())
        behind = container.score_behind()
        tally.reach("upi_risk_experiment_scores", ("kept",), behind.kept)
        tally.reach("upi_risk_experiment_scores", ("lost",), behind.lost)
        check = container.check()
        tally.reach("upi_risk_shed", ("waiting",), check.shed)
        tally.reach("upi_risk_shed", ("late",), check.late)
        tally.state("upi_risk_queue_length", (), check.waiting)
        tally.state("upi_risk_workers", (), 1)
        self._model(tally, container.scorer().card.version)

    def _model(self, tally: Tally, version: str) -> None:
        if version == self._version:
            return
        self._version = version
        tally.forget("upi_risk_model_info")
        tally.state("upi_risk_model_info", (version,), 1)
        tally.forget("upi_risk_model_trained_until_timestamp_seconds")
        until = _trained_until(Path(self._container.settings().artifacts_dir) / "models" / version / "card.json")
        if until is not None:
            tally.state("upi_risk_model_trained_until_timestamp_seconds", (), until)


def _trained_until(card: Path) -> float | None:
    """The last instant of training, in seconds since 1970; None where the card does not tell."""
    try:
        told = json.loads(card.read_bytes())["training"]["split"]["train_to"]
        return datetime.fromisoformat(told).timestamp()
    except (OSError, ValueError, LookupError, TypeError):
        return None
