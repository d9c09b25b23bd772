"""What workers found out and did is on the page of metrics, while it is fresh."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import NOON
from upi_risk.adapters.postgres.figures import PostgresFigures
from upi_risk.adapters.postgres.runs import PostgresRuns
from upi_risk.adapters.prometheus.page import page
from upi_risk.adapters.prometheus.tally import Tally
from upi_risk.adapters.system import SystemClock
from upi_risk.bootstrap.surveying import _monitored
from upi_risk.domain.schedule import Run


async def test_fresh_figures_are_shown_and_stale_ones_are_not(engine: AsyncEngine) -> None:
    figures, tally, now = PostgresFigures(engine), Tally(), SystemClock().now()
    await figures.put(now, [("drift_psi", "amount", 0.5), ("calibration_ratio", "", 1.25), ("of_later", "x", 1.0)])
    await _monitored(tally, engine)
    shown = page(tally).decode()
    assert 'upi_risk_drift_psi{feature="amount"} 0.5' in shown
    assert "upi_risk_calibration_ratio 1.25" in shown
    assert "of_later" not in shown
    await figures.put(now - timedelta(days=3), [("drift_psi", "amount", 0.5)])
    await _monitored(tally, engine)
    assert "upi_risk_drift_psi{" not in page(tally).decode()


async def test_whether_tasks_succeed_is_shown(engine: AsyncEngine) -> None:
    runs, tally = PostgresRuns(engine), Tally()
    await runs.keep(Run("retrain", "2026-03", 1, NOON, NOON, succeeded=False, said="It broke"))
    await runs.keep(Run("monitor", "2026-03-02", 1, NOON, NOON, succeeded=True))
    await runs.keep(Run("experiment", "2026-03-02", 1, NOON))
    await _monitored(tally, engine)
    shown = page(tally).decode()
    assert 'upi_risk_task_succeeded{task="retrain"} 0.0' in shown
    assert 'upi_risk_task_succeeded{task="monitor"} 1.0' in shown
    assert 'task="experiment"' not in shown
