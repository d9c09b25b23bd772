"""A clean hour as Prometheus would have scraped it, from traffic in a few minutes; promtool looks for alerts in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any, Final

import httpx
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.alarms.prometheus import DEPLOY
from tests.alarms.stack import some_models
from tests.deploy.test_alerts import promtool
from tests.faults.servers import own_servers, started
from upi_risk.adapters.embedded.process import free_port

SCRAPE_SECONDS: Final = 5
STEPS: Final = 720
PAYERS: Final = 40
CHECKS: Final = 30
"""In each step: six a second."""

FAILS_FROM: Final = 600
"""The step at which the control begins to fail."""

Series = dict[str, list[float | None]]


@dataclass(frozen=True, slots=True)
class Hour:
    """What came of it.

    Attributes:
        told: a sentence.
        good: whether no alert fires in it, and the control's does.
    """

    told: str
    good: bool


def wanted() -> set[str]:
    """Names of series that rules ask for."""
    return set(re.findall(r"\bupi_risk_\w+", (DEPLOY / "rules.yml").read_text(encoding="utf-8")))


def keep(page: str, step: int, began: float, series: Series) -> None:
    """Add a scrape to the series; instants are moved so that the hour begins in 1970, where promtool's clock does."""
    names = wanted()
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name in names:
                labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
                value = sample.value - began if sample.name.endswith("timestamp_seconds") else sample.value
                series.setdefault(f"{sample.name}{{{labels}}}", [None] * STEPS)[step] = value


async def recorded(metrics: str, url: str) -> Series:
    """Traffic, scraped."""
    series: Series = {}
    async with httpx.AsyncClient(base_url=url, timeout=20) as client:
        payers = []
        for number in range(PAYERS):
            told = await client.post("/signup", json={"name": "Asha", "phone": str(9_000_000_000 + number)})
            payers.append(told.json())

        async def check(number: int) -> None:
            payer = payers[number % PAYERS]
            body = {"user_id": payer["user_id"], "receiver_upi": f"shop{number % 7}@upi", "amount": 100 + number}
            headers = {"Authorization": f"Bearer {payer['access_token']}"}
            (await client.post("/check-transaction", json=body, headers=headers)).raise_for_status()

        await asyncio.gather(*map(check, range(PAYERS)))  # the hour begins with everything warm
        await asyncio.sleep(1)
        began = time()
        for step in range(STEPS):
            for first in range(0, CHECKS, 6):
                await asyncio.gather(*(check(CHECKS * step + first + number) for number in range(6)))
            keep((await client.get(metrics)).text, step, began, series)
    series['up{job="upi-risk"}'] = [1.0] * STEPS
    return series


def written(values: Iterable[float | None]) -> str:
    return " ".join("_" if value is None else repr(value) for value in values)


def unit(series: Series, fires: dict[str, list[int]]) -> dict[str, Any]:
    """What promtool is to find: in these minutes these alerts, and in no other minute any."""
    rules = [rule for group in yaml.safe_load((DEPLOY / "rules.yml").read_text())["groups"] for rule in group["rules"]]
    tests = []
    for rule in rules:
        for minute in range(1, STEPS * SCRAPE_SECONDS // 60):
            expected = {"exp_labels": rule["labels"], "exp_annotations": rule["annotations"]}
            found = [expected] if minute in fires.get(rule["alert"], []) else []
            tests.append({"eval_time": f"{minute}m", "alertname": rule["alert"], "exp_alerts": found})
    held = [{"series": name, "values": written(values)} for name, values in series.items()]
    return {"interval": f"{SCRAPE_SECONDS}s", "input_series": held, "alert_rule_test": tests}


def judged(folder: Path, series: Series, fires: dict[str, list[int]]) -> str:
    """What promtool says; nothing if it found what it was to find."""
    file = folder / "hour.json"
    step = f"{SCRAPE_SECONDS}s"
    tests = {"rule_files": [str(DEPLOY / "rules.yml")], "evaluation_interval": step, "tests": [unit(series, fires)]}
    file.write_text(json.dumps(tests), encoding="utf-8")
    done = promtool("test", "rules", str(file))
    return "" if done.returncode == 0 else (done.stdout + done.stderr)[:2_000]


async def clean_hour() -> Hour:
    """Record an hour, and look for alerts in it; then in the same hour with failures at its end, where there is one."""
    with own_servers() as (postgres, valkey), tempfile.TemporaryDirectory() as name, contextlib.ExitStack():
        folder, port = Path(name), free_port()
        some_models(folder / "artifacts")
        chosen = {"METRICS_PORT": str(port), "ARTIFACTS_DIR": str(folder / "artifacts"), "REQUEST_DEADLINE_MS": "8000"}
        more = {"ADMISSION_WAIT_MS": "8000", "STATEMENT_TIMEOUT_MS": "5000", "REDIS_TIMEOUT_MS": "1000"}
        async with started(postgres.url, valkey.url, **chosen, **more) as (served, _):
            series = await recorded(f"http://127.0.0.1:{port}/metrics", f"http://127.0.0.1:{served}")
        said = judged(folder, series, {})
        failed: list[float | None] = [0.0 if step < FAILS_FROM else 3.0 * (step - FAILS_FROM) for step in range(STEPS)]
        control = series | {'upi_risk_requests_total{method="POST",route="/x",status="500"}': failed}
        first = FAILS_FROM * SCRAPE_SECONDS // 60 + 1
        heard = judged(folder, control, {"HighErrorRate": list(range(first, STEPS * SCRAPE_SECONDS // 60))})
    text = (
        f"A clean hour of {STEPS * CHECKS:,} checks in {STEPS} scrapes: {said or 'no alert fires'}; "
        f"with one in eleven failing in its last ten minutes: {heard or 'HighErrorRate fires, and nothing else'}."
    )
    return Hour(text, not said and not heard)
