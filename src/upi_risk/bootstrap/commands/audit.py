"""``upi-risk audit``."""

from __future__ import annotations

from upi_risk.bootstrap.operating import open_house
from upi_risk.entrypoints.cli.audit import audit_command

command = audit_command(open_house)
