"""Serving ``/metrics`` around whatever serves requests: one process, or one that starts several."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec

from upi_risk.adapters.prometheus.server import serving_metrics
from upi_risk.adapters.prometheus.shelf import Shelf
from upi_risk.bootstrap.settings import Settings
from upi_risk.bootstrap.surveying import Surveying


@contextlib.contextmanager
def measured(settings: Settings) -> Iterator[Settings]:
    """Serve the sum over all processes that serve with the settings yielded; nothing if METRICS_PORT is 0."""
    if not settings.metrics_port:
        yield settings
        return
    with contextlib.ExitStack() as stack:
        folder = settings.metrics_dir or stack.enter_context(tempfile.TemporaryDirectory(prefix="upi-risk-metrics-"))
        shelf = Shelf(Path(folder))
        shelf.wipe()
        where, tokens = (settings.metrics_host, settings.metrics_port), settings.metrics_tokens
        stack.enter_context(serving_metrics(shelf, *where, Surveying(settings), tokens))
        yield msgspec.structs.replace(settings, metrics_dir=folder)
