"""``upi-risk erase-user``."""

from __future__ import annotations

from upi_risk.bootstrap.operating import open_house
from upi_risk.entrypoints.cli.operators import erase_command

command = erase_command(open_house)
