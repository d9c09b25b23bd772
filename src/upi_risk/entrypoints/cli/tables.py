"""Tables at a terminal."""

from __future__ import annotations

from rich.table import Column, Table


def folded(*names: str) -> Table:
    """A table whose cells are told in full, over several lines where the terminal is narrow; the first on one line.

    What one has to type again (ids, versions) must not end in dots.
    """
    first, *others = names
    return Table(Column(first, no_wrap=True), *(Column(name, overflow="fold") for name in others))
