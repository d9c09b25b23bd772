"""The machine's own clock and randomness."""

from upi_risk.adapters.system.clock import SystemClock
from upi_risk.adapters.system.identities import RandomIdentities
from upi_risk.adapters.system.one_time_secrets import RandomSecrets

__all__ = ["RandomIdentities", "RandomSecrets", "SystemClock"]
