"""What is measured: every metric's name, kind, labels and help. Labels take values from small, closed sets alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "gauge", "histogram"]

LATENCY: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.5, 5.0)
"""Seconds; one edge is exactly the 0.5 s of the alert."""

STAGE: Final = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)
SIZES: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)
SCORES: Final = tuple(step / 10 for step in range(1, 11))


@dataclass(frozen=True, slots=True)
class Family:
    """One metric.

    Attributes:
        name: without the ``_total`` of a counter.
        kind: what it is; counters and histograms are added up over processes, also those that have ended.
        text: what it means.
        labels: their names.
        edges: upper ends of a histogram's buckets, ascending, without the infinite one.
        most: a gauge that is the same fact in each process: the largest is taken, not the sum.
    """

    name: str
    kind: Kind
    text: str
    labels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    most: bool = False


_STAGES: Final = (
    "Of a batch: batch (all of it), limit, authenticate, near (the cache), load (what it lacks), decide, "
    "predict (within decide), commit; of a check: outside (HTTP and waiting for its batch)."
)

_ALL: Final = (
    Family("upi_risk_requests", "counter", "Requests answered.", ("method", "route", "status")),
    Family("upi_risk_request_seconds", "histogram", "From head to answer.", ("route",), LATENCY),
    Family("upi_risk_stage_seconds", "histogram", _STAGES, ("stage",), STAGE),
    Family("upi_risk_batch_size", "histogram", "Payments decided together.", (), SIZES),
    Family("upi_risk_decisions", "counter", "Checks answered.", ("level", "model")),
    Family("upi_risk_refusals", "counter", "Checks refused, by the error's kind.", ("error",)),
    Family("upi_risk_score", "histogram", "Scores given.", ("model",), SCORES),
    Family("upi_risk_cache_lookups", "counter", "Payments by whether the cache had it all.", ("result",)),
    Family("upi_risk_cache_failures", "counter", "Calls of Redis that failed or were too slow."),
    Family("upi_risk_cache_skipped", "counter", "Calls of Redis not made since the ones before had failed."),
    Family("upi_risk_database_reads", "counter", "Statements that read for decisions."),
    Family("upi_risk_experiment_scores", "counter", "Payments scored by the model that did not decide.", ("result",)),
    Family("upi_risk_limiter_rejections", "counter", "Requests over a limit.", ("limit",)),
    Family("upi_risk_codes", "counter", "One-time codes, by what became of them.", ("outcome",)),
    Family("upi_risk_codes_sent", "counter", "One-time codes sent, by the number's first two digits.", ("prefix",)),
    Family("upi_risk_shed", "counter", "Checks turned away as too many wait, or answered too late.", ("reason",)),
    Family("upi_risk_pool_connections", "gauge", "Connections to PostgreSQL.", ("state",)),
    Family("upi_risk_queue_length", "gauge", "Checks that wait for a batch."),
    Family("upi_risk_workers", "gauge", "Processes that serve."),
    Family("upi_risk_model_info", "gauge", "1 for the model that serves.", ("version",), most=True),
    Family(
        "upi_risk_model_trained_until_timestamp_seconds", "gauge", "The last payment it learned from.", (), most=True
    ),
    Family("upi_risk_ready", "gauge", "Whether the database answers.", most=True),
    Family("upi_risk_labels", "gauge", "Fraud labels held.", ("source",), most=True),
    Family("upi_risk_last_label_timestamp_seconds", "gauge", "When the latest label came.", most=True),
    Family("upi_risk_matured_payments", "gauge", "Payments old enough to judge.", ("level", "fraud"), most=True),
    Family("upi_risk_live_accuracy", "gauge", "Share of matured payments judged right.", most=True),
    Family("upi_risk_live_precision", "gauge", "Share of fraud among those stopped or verified.", most=True),
    Family("upi_risk_live_recall", "gauge", "Share of frauds stopped or verified.", most=True),
    Family("upi_risk_drift_psi", "gauge", "Population stability index against training.", ("feature",), most=True),
    Family("upi_risk_drift_ks", "gauge", "Largest difference of running shares to training.", ("feature",), most=True),
    Family("upi_risk_segment_precision", "gauge", "Live precision of a segment.", ("segment",), most=True),
    Family("upi_risk_segment_recall", "gauge", "Live recall of a segment.", ("segment",), most=True),
    Family(
        "upi_risk_calibration_ratio", "gauge", "Frauds that came for each foretold, latest matured week.", most=True
    ),
    Family("upi_risk_label_delay_days", "gauge", "From a payment to its report.", ("quantile",), most=True),
    Family("upi_risk_task_succeeded", "gauge", "Whether a worker's latest run came to its end.", ("task",), most=True),
    Family("upi_risk_partition_months_ahead", "gauge", "Months after this one with a partition; -1: none.", most=True),
    Family("upi_risk_partition_rest", "gauge", "Transactions outside the partition of their month.", most=True),
    Family("upi_risk_replica_lag_seconds", "gauge", "How far the read replica is behind.", most=True),
)

FAMILIES: Final = {family.name: family for family in _ALL}
