"""Kinds of arguments that several commands take."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

import rich_click as click

Duration = timedelta

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
