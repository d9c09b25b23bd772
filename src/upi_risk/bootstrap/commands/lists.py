"""``upi-risk lists``, and what it works with."""

from __future__ import annotations

from upi_risk.adapters.system import SystemClock
from upi_risk.bootstrap.rules_house import open_rules_house
from upi_risk.entrypoints.cli.lists import lists_command

command = lists_command(open_rules_house, SystemClock())
