"""What the process that serves /metrics finds out of the database."""

from __future__ import annotations

from datetime import datetime

from upi_risk.adapters.postgres.survey import Judged, Labels, PostgresSurvey
from upi_risk.adapters.prometheus.page import page
from upi_risk.adapters.prometheus.tally import Tally
from upi_risk.bootstrap.surveying import _count


class Planted(PostgresSurvey):
    """Finds what it is told to find."""

    def __init__(self, found: list[Labels]) -> None:
        self._found = found

    async def labels(self) -> list[Labels]:
        return self._found

    async def judged(self, now: datetime) -> list[Judged]:
        return []


async def test_a_label_that_was_taken_back_leaves_no_time_behind() -> None:
    """Red where the time of the latest label stays: NoLabels would wait for it to grow old."""
    tally = Tally()
    await _count(tally, Planted([Labels("payer", 1, 1_700_000_000.0)]))
    assert "upi_risk_last_label_timestamp_seconds 1.7e+09" in page(tally).decode()
    await _count(tally, Planted([]))
    assert "\nupi_risk_last_label_timestamp_seconds" not in page(tally).decode()
    assert "\nupi_risk_labels{" not in page(tally).decode()
