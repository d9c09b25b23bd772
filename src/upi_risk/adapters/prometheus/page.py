"""The text that Prometheus reads."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from upi_risk.adapters.prometheus.families import FAMILIES, Family
from upi_risk.adapters.prometheus.tally import Tally, Totals

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def page(tally: Tally) -> bytes:
    """Everything counted, in the text format of Prometheus; what was never counted is absent."""
    registry = CollectorRegistry()
    registry.register(_Counted(tally.totals()))
    return generate_latest(registry)


class _Counted(Collector):
    def __init__(self, totals: Totals) -> None:
        self._totals = totals

    def collect(self) -> Iterator[Metric]:
        """Each family that has something to show."""
        for family in FAMILIES.values():
            metric = _metric(family, self._totals)
            if metric.samples:
                yield metric


def _metric(family: Family, totals: Totals) -> Metric:
    if family.kind == "histogram":
        shape = HistogramMetricFamily(family.name, family.text, labels=family.labels)
        for name, labels, buckets, total in totals.shapes:
            if name == family.name:
                edges = [*map(str, family.edges), "+Inf"]
                shape.add_metric(labels, list(zip(edges, accumulate(buckets), strict=True)), total)
        return shape
    rows, make = (
        (totals.counts, CounterMetricFamily) if family.kind == "counter" else (totals.states, GaugeMetricFamily)
    )
    metric = make(family.name, family.text, labels=family.labels)
    for name, labels, value in rows:
        if name == family.name:
            metric.add_metric(labels, value)
    return metric
