"""``upi-risk retention``."""

from __future__ import annotations

from upi_risk.bootstrap.operating import open_house
from upi_risk.entrypoints.cli.personal_data import retention_command

command = retention_command(open_house)
