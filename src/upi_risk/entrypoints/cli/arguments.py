"""Kinds of arguments that several commands take."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

import rich_click as click

Duration = timedelta
ColumnNames = tuple[tuple[str, str], ...]
"""Pairs of a name of ours and a file's."""

_UNITS: Final = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class _DurationType(click.ParamType[timedelta]):
    """``7d``, ``12h``, ``30m`` or ``45s``."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,6})([dhms])", str(value))
        if match is None:
            self.fail(f"{value} is no duration: say 7d, 12h, 30m or 45s.", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


DURATION: Final = _DurationType()

DATE: Final = click.DateTime(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
"""A day's midnight, or an instant; taken as UTC."""


class FloatRange(click.FloatRange):
    """A number between two; `nan` is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401, D102
        number: float = super().convert(value, param, ctx)
        if number != number:  # noqa: PLR0124 - that is how nan is known
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


class _ColumnsType(click.ParamType[ColumnNames]):
    """``event_time=TX_DATETIME,amount=TX_AMOUNT``."""

    name = "names"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> ColumnNames:
        if isinstance(value, tuple):
            return value
        pairs = [part.partition("=") for part in str(value).split(",") if part.strip()]
        if not all(ours.strip() and theirs.strip() for ours, _, theirs in pairs):
            self.fail(f"{value} are no names: say event_time=TX_DATETIME,amount=TX_AMOUNT.", param, ctx)
        return tuple((ours.strip(), theirs.strip()) for ours, _, theirs in pairs)


COLUMNS: Final = _ColumnsType()
COLUMNS_HELP: Final = "The file's own names of columns: event_time=TX_DATETIME,amount=TX_AMOUNT."
