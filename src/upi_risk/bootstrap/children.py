"""Processes of our own that a command starts."""

import sys
from typing import Final

CLI: Final = (sys.executable, "-P", "-m", "upi_risk.bootstrap.cli")
"""``upi-risk``. Without ``-P`` Python would import what lies in the folder that it is called in before its own."""
