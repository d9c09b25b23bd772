"""What every store of figures promises; see upi_risk.domain.monitoring.Figures."""

from __future__ import annotations

import pytest

from tests.builders import NOON, later
from upi_risk.adapters.memory import MemoryFigures
from upi_risk.adapters.postgres.figures import PostgresFigures
from upi_risk.domain.monitoring import Figures


@pytest.fixture(params=["memory", "postgres"])
def figures(request: pytest.FixtureRequest) -> Figures:
    if request.param == "memory":
        return MemoryFigures()
    return PostgresFigures(request.getfixturevalue("engine"))


async def test_the_latest_figures_take_the_place_of_all_before(figures: Figures) -> None:
    assert await figures.latest() is None
    await figures.put(NOON, [("drift_psi", "amount", 0.125), ("drift_ks", "amount", 0.5)])
    assert await figures.latest() == (NOON, [("drift_ks", "amount", 0.5), ("drift_psi", "amount", 0.125)])
    await figures.put(later(days=1), [("calibration_ratio", "", 1.25)])
    assert await figures.latest() == (later(days=1), [("calibration_ratio", "", 1.25)])
