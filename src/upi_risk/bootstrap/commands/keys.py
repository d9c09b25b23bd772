"""``upi-risk keys``."""

from __future__ import annotations

from upi_risk.bootstrap.operating import open_house
from upi_risk.entrypoints.cli.operators import keys_command

command = keys_command(open_house)
