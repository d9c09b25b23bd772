"""Damaged models are refused; the short version of ``make faults``."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.faults.corrupt import TRIED, corrupt
from tests.faults.servers import ROOT


def test_a_folder_that_anything_was_done_to_crashes_nobody_and_serves_no_other_scores(tmp_path: Path) -> None:
    """Red without the digest of the model file, and without the seal of the card."""
    for version in ("v1.0", "v2.0"):
        shutil.copytree(ROOT / "artifacts" / "models" / version, tmp_path / "models" / version)
    found = corrupt(tmp_path / "models", "v2.0", "v1.0", 4 * TRIED, lambda _: None)
    assert found["otherwise"] == 0
    assert found["refused"] >= 3 * TRIED
