"""Tables at a terminal."""

from __future__ import annotations

from rich.table import Table


def folded(*names: str) -> Table:
    """A table whose cells are told in full, over several lines where the terminal is narrow.

    What one has to type again (ids, versions) must not end in dots.
    """
    table = Table()
    for name in names:
        table.add_column(name, overflow="fold")
    return table
