"""What a running service says of its cache on ``/metrics``."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final

import httpx
import rich_click as click

_SAMPLE: Final = re.compile(
    r'^upi_risk_(cache_lookups|database_reads)_total(?:{result="(hit|miss)"})? (\S+)$', re.MULTILINE
)
_FLUSH_SECONDS: Final = 1.0
"""Totals on the page are younger than this."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Totals since the service began.

    Attributes:
        lookups: payments that were looked up.
        hits: of these, payments for which the cache had it all.
        reads: statements that read for decisions.
    """

    lookups: int = 0
    hits: int = 0
    reads: int = 0


@dataclass(frozen=True, slots=True)
class Service:
    """A running service.

    Attributes:
        url: where it answers.
        metrics: where its ``/metrics`` is; None if nobody says.
    """

    url: str
    metrics: str | None = None

    async def counted(self) -> Counted:
        """Its totals by now; none where there is no page to look at.

        Raises:
            click.ClickException: the page does not answer.
        """
        if self.metrics is None:
            return Counted()
        await asyncio.sleep(_FLUSH_SECONDS)
        try:
            async with httpx.AsyncClient() as http:
                page = (await http.get(self.metrics)).raise_for_status().text
        except httpx.HTTPError as error:
            raise click.ClickException(f"No metrics at {self.metrics} ({error}): set METRICS_PORT there.") from error
        return counted_on(page)


def counted_on(page: str) -> Counted:
    """The totals on a page of metrics."""
    found = {(name, result): int(float(value)) for name, result, value in _SAMPLE.findall(page)}
    hits, misses = (found.get(("cache_lookups", result), 0) for result in ("hit", "miss"))
    return Counted(hits + misses, hits, found.get(("database_reads", ""), 0))
