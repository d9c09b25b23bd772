"""Tables at a terminal that is narrow."""

from __future__ import annotations

import io
import re

from rich.console import Console

from upi_risk.entrypoints.cli.tables import folded


def test_what_one_has_to_type_again_is_told_in_full() -> None:
    """Red with a plain Table: the id ends in dots."""
    subject, said = "UID-QSXKTREJA5TAPG4DXBV7", io.StringIO()
    table = folded("list", "subject", "reason")
    table.add_row("block", subject, "reported by three banks on the same day")
    Console(file=said, width=40).print(table)
    cells = [line.split("│")[2].strip() for line in said.getvalue().splitlines() if line.startswith("│")]
    assert re.sub(r"\s", "", "".join(cells)) == subject
