"""``upi-risk partitions``, and what it works with."""

from __future__ import annotations

from upi_risk.bootstrap.partitions_house import open_house
from upi_risk.entrypoints.cli.partitions import partitions_command

command = partitions_command(open_house)
