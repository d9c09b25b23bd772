"""``upi-risk rules``, and what it works with."""

from __future__ import annotations

from upi_risk.adapters.files.rule_file import read_book
from upi_risk.bootstrap.rules_house import open_rules_house
from upi_risk.entrypoints.cli.rules import rules_command

command = rules_command(open_rules_house, read_book)
