"""What this process has used."""

from __future__ import annotations

import resource
import sys
import time

from upi_risk.domain.learning_ports import Usage

_MAXRSS_PER_MIB = 1024 if sys.platform != "darwin" else 1024 * 1024


def process_usage() -> Usage:
    """Time and peak memory of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Usage(time.perf_counter(), peak / _MAXRSS_PER_MIB)
