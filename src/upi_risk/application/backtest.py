"""What would have been decided under other thresholds, rules or another model."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from upi_risk.domain.backtest import BacktestFigures, ChangedRows, PastDecisions, Retrial


@dataclass(frozen=True, slots=True)
class Period:
    """From when until before when; None is the beginning and the end."""

    first: datetime | None = None
    end: datetime | None = None


class Backtest:
    """Read, take again, count; nothing that is stored is changed."""

    def __init__(self, past: PastDecisions) -> None:
        self._past = past

    async def __call__(
        self, period: Period, retrial: Retrial, rows: ChangedRows | None, progress: Callable[[int, int], None]
    ) -> BacktestFigures:
        """Take the decisions of a period again.

        Args:
            period: which.
            retrial: how.
            rows: where those go that would have been decided otherwise; None for nowhere.
            progress: told the decisions that are done and how many there are.

        Raises:
            StoreUnavailableError: the store failed; there are no figures.
        """
        figures, total = BacktestFigures(), await self._past.count(period.first, period.end)
        names = retrial.names or rows is not None
        reading = self._past.read(period.first, period.end, retrial.facts, names=names)
        done = 0
        async with aclosing(reading) as pages:
            async for page in pages:
                more, changed = retrial(page)
                figures.add(more)
                if rows is not None:
                    rows.add(changed)
                done += len(page.at)
                progress(done, max(total, done))
        if rows is not None:
            rows.finish()
        return figures
