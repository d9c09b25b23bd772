"""The machine's own clock and randomness."""

from upi_risk.adapters.system.clock import SystemClock
from upi_risk.adapters.system.identities import RandomIdentities

__all__ = ["RandomIdentities", "SystemClock"]
