"""What the definitions of tables share."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Column, DateTime, MetaData

METADATA: Final = MetaData()
INSTANT: Final = DateTime(timezone=True)


def column(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401 - a type or an instance of one
    """A column that is always filled."""
    return Column(name, kind, nullable=False)


def key(name: str, kind: Any) -> Column[Any]:  # noqa: ANN401 - a type or an instance of one
    """A part of the primary key, which nobody counts up."""
    return Column(name, kind, primary_key=True, autoincrement=False)
