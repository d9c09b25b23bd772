"""Drawing keys in a process of its own, which imports no more than that takes."""

from __future__ import annotations

import os
from pathlib import Path

from upi_risk.bootstrap.data_keys import _secrets
from upi_risk.bootstrap.settings import Settings


def draw(folder: Path) -> tuple[str, str]:
    """The keys that a process in a folder uses."""
    os.chdir(folder)
    return _secrets(Settings())
