"""``upi-risk users``."""

from __future__ import annotations

from upi_risk.bootstrap.operating import open_house
from upi_risk.entrypoints.cli.operators import users_command

command = users_command(open_house)
