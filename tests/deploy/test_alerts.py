"""Every alert fires at 1.2 times its threshold, is silent at 0.8 times, and has a page in the runbook."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.deploy.stack import ROOT, needed
from upi_risk.adapters.prometheus.families import FAMILIES

RULES: Final = ROOT / "deploy/prometheus/rules.yml"
DAY: Final = 86_400
NOW: Final = 20 * 60
REQUESTS: Final = 'upi_risk_requests_total{method="POST",route="/x",status="%s"}'


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}


def growing(series: str, a_minute: float) -> tuple[str, str]:
    return series, f"0+{a_minute / 12}x240"


def constant(series: str, value: float) -> tuple[str, str]:
    return series, f"{value}+0x240"


def shares(bad: str, good: str, share: float, a_minute: float = 1_000) -> list[tuple[str, str]]:
    return [growing(bad, a_minute * share), growing(good, a_minute * (1 - share))]


def slow(share: float, a_minute: float = 1_000) -> list[tuple[str, str]]:
    return [
        growing('upi_risk_request_seconds_bucket{le="0.5",route="/x"}', a_minute * (1 - share)),
        growing('upi_risk_request_seconds_count{route="/x"}', a_minute),
    ]


def accuracy(value: float, matured: float = 250) -> list[tuple[str, str]]:
    cells = constant('upi_risk_matured_payments{level="LOW",fraud="false"}', matured)
    return [constant("upi_risk_live_accuracy", value), cells]


def lookups(share: float, a_minute: float = 1_000) -> list[tuple[str, str]]:
    hit, miss = (f'upi_risk_cache_lookups_total{{result="{result}"}}' for result in ("hit", "miss"))
    return shares(hit, miss, share, a_minute)


def codes(outcome: str, share: float, a_minute: float = 1_000) -> list[tuple[str, str]]:
    other = 'upi_risk_codes_total{outcome="sent"}'
    return shares(f'upi_risk_codes_total{{outcome="{outcome}"}}', other, share, a_minute)


def sent(share: float, a_minute: float = 100) -> list[tuple[str, str]]:
    prefixes = [growing('upi_risk_codes_sent_total{prefix="73"}', a_minute * share)]
    others = a_minute * (1 - share) / 2
    return [*prefixes, *(growing(f'upi_risk_codes_sent_total{{prefix="{other}"}}', others) for other in (98, 99))]


def since(name: str, days: float) -> list[tuple[str, str]]:
    return [constant(name, NOW - days * DAY)]


LABELLED: Final = ("Drift", "TaskFailed", "CodesToOnePrefix")
"""Alerts that say of what they are."""

Series = list[tuple[str, str]]
CASES: Final[list[tuple[str, Series, Series]]] = [
    ("HighErrorRate", shares(REQUESTS % 503, REQUESTS % 200, 0.06), shares(REQUESTS % 503, REQUESTS % 200, 0.04)),
    ("ManyRefusals", shares(REQUESTS % 422, REQUESTS % 200, 0.06), shares(REQUESTS % 422, REQUESTS % 200, 0.04)),
    ("SlowAnswers", slow(0.06), slow(0.04)),
    # and so many requests, lookups or codes in the minute, without which nothing is said
    ("HighErrorRate", shares(REQUESTS % 503, REQUESTS % 200, 0.5, 24), shares(REQUESTS % 503, REQUESTS % 200, 0.5, 16)),
    ("ManyRefusals", shares(REQUESTS % 422, REQUESTS % 200, 0.5, 120), shares(REQUESTS % 422, REQUESTS % 200, 0.5, 80)),
    ("SlowAnswers", slow(0.5, 24), slow(0.5, 16)),
    ("LowCacheHitRate", lookups(0.5, 120), lookups(0.5, 80)),
    ("CodesNotSent", codes("failed", 0.5, 12), codes("failed", 0.5, 8)),
    ("CodesForNobody", codes("nobody", 0.9, 36), codes("nobody", 0.9, 24)),
    ("LowAccuracy", accuracy(0.85 / 1.2), accuracy(0.85 / 0.8 if 0.85 / 0.8 < 1 else 1.0)),
    ("LowAccuracy", accuracy(0.5, matured=240), accuracy(0.5, matured=160)),
    ("LowCacheHitRate", lookups(0.8 / 1.2), lookups(0.96)),
    (
        "StaleModel",
        since("upi_risk_model_trained_until_timestamp_seconds", 45 * 1.2),
        since("upi_risk_model_trained_until_timestamp_seconds", 45 * 0.8),
    ),
    (
        "Drift",
        [constant('upi_risk_drift_psi{feature="amount"}', 0.2 * 1.2)],
        [constant('upi_risk_drift_psi{feature="amount"}', 0.2 * 0.8)],
    ),
    (
        "Drift",
        [constant('upi_risk_drift_psi{feature="amount"}', 0.2 * 1.2)],
        [constant('upi_risk_drift_psi{feature="login_count"}', 5.0)],
    ),
    (
        "TaskFailed",
        [constant('upi_risk_task_succeeded{task="retrain"}', 0)],
        [constant('upi_risk_task_succeeded{task="retrain"}', 1)],
    ),
    (
        "NoLabels",
        since("upi_risk_last_label_timestamp_seconds", 7 * 1.2),
        since("upi_risk_last_label_timestamp_seconds", 7 * 0.8),
    ),
    (
        "NoLabels",
        [constant('upi_risk_matured_payments{level="LOW",fraud="false"}', 1_000 * 1.2)],
        [constant('upi_risk_matured_payments{level="LOW",fraud="false"}', 1_000 * 0.8)],
    ),
    (
        "BreakerOpen",
        [growing("upi_risk_cache_skipped_total", 10 * 1.2)],
        [growing("upi_risk_cache_skipped_total", 10 * 0.8)],
    ),
    (
        "ReplicationLag",
        [constant("upi_risk_replica_lag_seconds", 30 * 1.2)],
        [constant("upi_risk_replica_lag_seconds", 30 * 0.8)],
    ),
    ("CodesNotSent", codes("failed", 0.12), codes("failed", 0.08)),
    ("CodesForNobody", codes("nobody", 0.6), codes("nobody", 0.4)),
    ("CodesToOnePrefix", sent(0.6), sent(0.4)),
    ("CodesToOnePrefix", sent(0.9, a_minute=12), sent(0.9, a_minute=8)),
    (
        "PartitionMissing",
        [constant("upi_risk_partition_months_ahead", 0)],
        [constant("upi_risk_partition_months_ahead", 1)],
    ),
    (
        "PaymentsWithoutPartition",
        [constant("upi_risk_partition_rest", 1)],
        [constant("upi_risk_partition_rest", 0)],
    ),
    ("NotReady", [constant("upi_risk_ready", 0)], [constant("upi_risk_ready", 1)]),
    ("NotReady", [constant('up{job="upi-risk"}', 0)], [constant('up{job="upi-risk"}', 1)]),
]


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [needed("promtool", "prometheus"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def unit(name: str, series: Series, *, fires: bool) -> dict[str, Any]:
    at = {"eval_time": "19m", "alertname": name}
    rule = alerts()[name]
    labels = dict(re.findall(r'(\w+)="([^"]*)"', series[0][0])) if name in LABELLED or "up{" in series[0][0] else {}
    labels = {**labels, **rule["labels"]}
    expected = [{"exp_labels": labels, "exp_annotations": rule["annotations"]}] if fires else []
    held = [{"series": one, "values": values} for one, values in series]
    return {"interval": "5s", "input_series": held, "alert_rule_test": [at | {"exp_alerts": expected}]}


def test_every_alert_fires_above_its_threshold_and_is_silent_below(tmp_path: Path) -> None:
    units = [unit(name, over, fires=True) for name, over, _ in CASES]
    units += [unit(name, under, fires=False) for name, _, under in CASES]
    file = tmp_path / "tests.yml"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "30s", "tests": units}))
    done = promtool("test", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name for name, _, _ in CASES} == set(alerts())


@pytest.mark.parametrize("file", ["rules", "config"])
def test_prometheus_accepts_its_files(file: str) -> None:
    path = RULES if file == "rules" else ROOT / "deploy/prometheus/prometheus.yml"
    done = promtool("check", file, *(["--syntax-only"] if file == "config" else []), str(path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_page_that_says_what_it_means_where_to_look_and_what_to_do() -> None:
    pages = re.split(r"^## ", (ROOT / "docs/runbook.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    told = {page.splitlines()[0]: page for page in pages}
    for name, rule in alerts().items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert all(f"**{part}.**" in told[name] for part in ("Means", "Look", "Do")), name


def expressions() -> list[str]:
    board = json.loads((ROOT / "deploy/grafana/dashboards/upi-risk.json").read_text(encoding="utf-8"))
    return [target["expr"] for panel in board["panels"] for target in panel.get("targets", [])]


def test_prometheus_can_read_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{number}", "expr": one} for number, one in enumerate(expressions())]
    assert len(rules) >= 12
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    done = promtool("check", "rules", str(file))
    assert done.returncode == 0, done.stdout + done.stderr


def test_rules_and_dashboard_ask_for_metrics_that_the_service_has() -> None:
    suffixes = r"(_total|_bucket|_count|_sum)?"
    for text in (*expressions(), *(rule["expr"] for rule in alerts().values())):
        for name in re.findall(r"\bupi_risk_\w+", text):
            assert name in FAMILIES or re.sub(f"{suffixes}$", "", name) in FAMILIES, name


def test_the_dashboard_shows_every_family() -> None:
    shown = {
        re.sub(r"_(total|bucket|count|sum)$", "", name)
        for one in expressions()
        for name in re.findall(r"upi_risk_\w+", one)
    }
    assert shown == FAMILIES.keys()
