"""``upi-risk protect``."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from upi_risk.bootstrap.operating import open_house
from upi_risk.bootstrap.settings import SettingsError, read_settings
from upi_risk.entrypoints.cli.operators import OperatorHouse
from upi_risk.entrypoints.cli.personal_data import protect_command


@asynccontextmanager
async def sealing_house() -> AsyncIterator[OperatorHouse]:
    """The house, where it seals.

    Raises:
        SettingsError: it keeps personal data in clear.
    """
    if read_settings().personal_data != "sealed":
        raise SettingsError("PERSONAL_DATA=clear seals nothing: take it away first, on every process that serves.")
    async with open_house() as house:
        yield house


command = protect_command(sealing_house)
