"""Options of ``upi-risk train`` that choose how to grow by trying."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import rich_click as click

from upi_risk.domain.tuning import GRID, LIMITS, SPACE, WHOLE, TuningOrder, Values

Ranges = tuple[tuple[str, Values], ...]

FOLDS: Final = 5
"""Periods that candidates are judged on, unless --folds says how many."""

WHOLE_GRID: Final = "all"
_ENDS: Final = 2


class _Range(click.ParamType[tuple[str, Values]]):
    """``depth=4,6``, or ``all``: every parameter of the grid as it comes."""

    name = "name=values"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Values]:
        if value == WHOLE_GRID:
            return WHOLE_GRID, ()
        name, _, text = str(value).partition("=")
        if name not in LIMITS:
            self.fail(f"{value} is no range: say one of {', '.join(LIMITS)}, as depth=4,6.", param, ctx)
        low, high = LIMITS[name]
        try:
            values = tuple(sorted(float(part) for part in text.split(",")))
        except ValueError:
            values = ()
        if not values or len(set(values)) < len(values) or not all(low <= number <= high for number in values):
            self.fail(f"{value} is no range: each of {name} is from {low:g} to {high:g}, and once.", param, ctx)
        if name in WHOLE and not all(number.is_integer() for number in values):
            self.fail(f"{value} is no range: {name} is counted in whole numbers.", param, ctx)
        return name, values


def tuning_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command."""
    grid = click.option(
        "--grid",
        type=_Range(),
        is_flag=False,
        flag_value=WHOLE_GRID,
        multiple=True,
        help="Try every combination on folds of time within training (--folds, else 5) and take the best by average "
        f"precision. NAME=A,B sets a parameter's values; `all` is {_told(GRID)}, and so is each that is not named.",
    )
    trials = click.option(
        "--trials",
        type=click.IntRange(0, 10_000),
        default=0,
        help="Search with so many candidates (Optuna's TPE) instead; --grid NAME=A,B are then the least and the "
        f"greatest. The ranges: {_told(SPACE)}. [default: 0, none]",
    )
    engine = click.option(
        "--engine",
        help="Where candidates are tried: `ray` starts a Ray cluster of --workers here; `auto`, HOST:PORT and "
        "ray://HOST:PORT take one that runs. [default: processes of this machine]",
    )
    return grid(trials(engine(command)))


def tuning_order(grid: Ranges, trials: int, folds: int) -> TuningOrder | None:
    """What was asked for; None if nothing was."""
    if not grid and not trials:
        return None
    values = {name: values for name, values in grid if values}
    flat = next((name for name, among in values.items() if trials and len(among) != _ENDS), None)
    if flat is not None:
        raise click.BadParameter(f"With --trials, {flat} takes two values: the least and the greatest.")
    return TuningOrder(trials, values, folds or FOLDS)


def _told(ranges: Mapping[str, Values]) -> str:
    return ", ".join(f"{name}={','.join(f'{value:g}' for value in values)}" for name, values in ranges.items())
