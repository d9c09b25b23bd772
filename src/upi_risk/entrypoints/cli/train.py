"""``upi-risk train``: from a transactions file to a model with its card and its figures."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from upi_risk.application.train_model import TrainingOrder, TrainModel
from upi_risk.domain.cost import CostModel
from upi_risk.domain.feature_sets import BASELINE_SET, FEATURE_SETS
from upi_risk.domain.model import VERSION_NAME
from upi_risk.domain.operating_points import ScaleWishes
from upi_risk.domain.stream import FileForm, PatternSource
from upi_risk.domain.training import DEFAULTS, HyperParameters, SplitWishes
from upi_risk.domain.tuning import LIMITS
from upi_risk.entrypoints.cli.arguments import COLUMNS, COLUMNS_HELP, DATE, DURATION, ColumnNames, Duration, FloatRange
from upi_risk.entrypoints.cli.train_figures import print_trained
from upi_risk.entrypoints.cli.tuning_options import Ranges, tuning_options, tuning_order

BuildTrainer = Callable[[int, FileForm, str | None], TrainModel]
"""Makes the use case; the arguments are how many may compute, how the file is taken, and which engine tries."""

SMALLEST_UNIT: Final = 0.001
LARGEST_UNIT: Final = 1_000
MOST_FOLDS: Final = 20
TRUTH_COLUMN: Final = "scenario"
COSTS: Final = tuple(field.name for field in fields(CostModel))
_DEFAULT: Final = HyperParameters()
_PARAMETERS: Final = tuple(field.name for field in fields(HyperParameters))
_SCALE: Final = ScaleWishes()
_SHARE: Final = click.FloatRange(0, 1, min_open=True, max_open=True)


class _Units(click.ParamType[tuple[float, ...]]):
    """``1,25``: factors above 0, each once."""

    name = "factors"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            units = tuple(float(part) for part in str(value).split(","))
        except ValueError:
            units = ()
        if (
            not units
            or len(set(units)) < len(units)
            or not all(SMALLEST_UNIT <= unit <= LARGEST_UNIT for unit in units)
        ):
            self.fail(f"{value} are no factors: say 1, or 1,25; each from 0.001 to 1000 and once.", param, ctx)
        return units


class _Cost(click.ParamType[tuple[str, float]]):
    """``verify_rupees=2.5``: a constant of the cost model, 0 or more."""

    name = "name=number"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        name, _, text = str(value).partition("=")
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if name not in COSTS or not 0 <= number < float("inf"):
            self.fail(
                f"{value} is no cost: say one of {', '.join(COSTS)}, and a number, as verify_rupees=2.5.", param, ctx
            )
        return name, number


class _Folds(click.ParamType[int]):
    """0, or from 2 to 20: one fold has no spread."""

    name = "folds"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not text.isdigit() or int(text) not in {0, *range(2, MOST_FOLDS + 1)}:
            self.fail(f"{value} is no number of folds: say 0 for none, or from 2 to {MOST_FOLDS}.", param, ctx)
        return int(text)


def _default(parameter: str) -> str:
    """What is taken where an option is left out, as its help tells."""
    usual, extended = (getattr(DEFAULTS[name], parameter) for name in ("baseline", "extended"))
    return f"[default: {usual:g}; {extended:g} for extended]"


def train_command(build: BuildTrainer, serving: Callable[[], Path | None]) -> click.Command:
    """The command, with what makes its use case, and what finds the folder of the model that serves."""

    @click.command("train")
    @click.option(
        "--transactions",
        required=True,
        type=click.Path(path_type=Path),
        help="Payments with outcomes, Parquet or CSV, or a folder.",
    )
    @click.option("--columns", type=COLUMNS, default="", help=COLUMNS_HELP)
    @click.option("--strict-order", is_flag=True, help="Refuse rows that are not in order of time.")
    @click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder of the model.")
    @click.option("--version", help="The model's name. [default: the folder's]")
    @click.option("--iterations", type=click.IntRange(1, 100_000), help=_default("iterations"))
    @click.option("--depth", type=click.IntRange(1, 10), help=_default("depth"))
    @click.option(
        "--learning-rate",
        type=FloatRange(0, 1, min_open=True),
        help=_default("learning_rate"),
    )
    @click.option(
        "--l2-leaf-reg",
        type=FloatRange(*LIMITS["l2_leaf_reg"]),
        help=f"Evidence that a leaf needs. {_default('l2_leaf_reg')}",
    )
    @click.option(
        "--fraud-weight",
        type=FloatRange(*LIMITS["fraud_weight"]),
        default=_DEFAULT.fraud_weight,
        show_default=True,
        help="Good payments that a fraud counts for in learning.",
    )
    @click.option(
        "--feature-share",
        type=FloatRange(*LIMITS["feature_share"]),
        help=f"Of the features, drawn for each level of a tree, that may split it. {_default('feature_share')}",
    )
    @click.option(
        "--early-stopping",
        type=click.IntRange(0, 100_000),
        default=0,
        help="End after so many trees that do not help on the last part of training. [default: 0, never]",
    )
    @click.option("--seed", type=click.IntRange(min=0), default=_DEFAULT.seed, show_default=True)
    @click.option("--label-delay", type=DURATION, default="7d", show_default=True, help="From a fraud to its report.")
    @click.option("--train-from", type=DATE, help="First day (UTC) to learn from. [default: the file's]")
    @click.option("--train-to", type=DATE, help="Day that learning ends before. [default: after 80 % of the rows]")
    @click.option("--test-from", type=DATE, help="First day to measure on. [default: a label delay after training]")
    @click.option("--test-to", type=DATE, help="Day that the test ends before. [default: the file's end]")
    @click.option(
        "--exclude-known-since", "known_since", type=DATE, help="Leave out payers with a fraud known since this day."
    )
    @click.option("--units", type=_Units(), default="1", show_default=True, help="Learn amounts times each factor.")
    @click.option("--pattern-column", help="Column with kinds of fraud, to break figures down by; never a feature.")
    @click.option(
        "--truth",
        type=click.Path(dir_okay=False, path_type=Path),
        help="File with the kinds of fraud of the same rows, as simulate writes. [column: scenario]",
    )
    @click.option(
        "--folds", type=_Folds(), default=0, help="Validate on so many periods of training, too. [default: 0]"
    )
    @click.option(
        "--against", type=click.Path(path_type=Path), help="Folder of the model to compare with. [default: CURRENT's]"
    )
    @click.option("--cost", "costs", type=_Cost(), multiple=True, help=f"For scale and report, of: {', '.join(COSTS)}.")
    @click.option("--base-rate", type=_SHARE, help="Share of fraud where it will serve. [default: as in training]")
    @click.option(
        "--alert-budget",
        type=_SHARE,
        default=_SCALE.alert_budget,
        show_default=True,
        help="Share of payments that may be VERIFY or BLOCK.",
    )
    @click.option(
        "--block-precision",
        type=_SHARE,
        default=_SCALE.block_precision,
        show_default=True,
        help="Least share of fraud among what is to BLOCK.",
    )
    @click.option(
        "--scale/--no-scale",
        "scale",
        default=_SCALE.wanted,
        show_default=True,
        help="Calibrate answers and put them on a scale; without, raw answers are scores.",
    )
    @click.option(
        "--monotone/--no-monotone",
        default=_DEFAULT.monotone,
        show_default=True,
        help="A larger amount never lowers the risk, all else equal.",
    )
    @click.option("--strict", is_flag=True, help="The guide's targets are part of the gate.")
    @click.option("--gate", is_flag=True, help="Exit with 1 when the gate is not passed.")
    @click.option(
        "--features",
        type=click.Choice(tuple(FEATURE_SETS)),
        default=BASELINE_SET.name,
        show_default=True,
        help="The 14, or the 14 and all that a bounded state tells beside.",
    )
    @click.option(
        "--workers",
        type=click.IntRange(1, 256),
        default=os.cpu_count() or 1,
        help="Threads; processes of --grid and --trials. [default: a CPU each]",
    )
    @tuning_options
    def command(
        workers: int,
        engine: str | None,
        columns: ColumnNames,
        strict_order: bool,  # noqa: FBT001 - click calls it
        gate: bool,  # noqa: FBT001 - click calls it
        **options: Any,  # noqa: ANN401 - each option's own type
    ) -> None:
        """Learn a model from payments whose outcome is known, and measure it on later ones."""
        order = _order(serving, **options)
        with _bar() as bar:
            task = bar.add_task("Starting", total=1.0)
            train = build(workers, FileForm(columns, strict_order=strict_order), engine)
            trained = train(order, lambda step, share: bar.update(task, description=step, completed=share))
            bar.update(task, description="Done", completed=1.0)
        print_trained(order, trained)
        if gate and trained.record.verdict is not None and not trained.record.verdict.passed:
            sys.exit(1)

    return command


def _order(  # noqa: PLR0913 - one argument an option
    serving: Callable[[], Path | None],
    *,
    transactions: Path,
    out: Path,
    version: str | None,
    label_delay: Duration,
    features: str,
    units: tuple[float, ...],
    grid: Ranges,
    trials: int,
    pattern_column: str | None,
    truth: Path | None,
    folds: int,
    against: Path | None,
    strict: bool,
    costs: tuple[tuple[str, float], ...],
    base_rate: float | None,
    alert_budget: float,
    block_precision: float,
    scale: bool,
    **others: Any,  # noqa: ANN401 - hyper-parameters and periods
) -> TrainingOrder:
    name = version or out.resolve().name
    if VERSION_NAME.fullmatch(name) is None:
        message = f"{name!r} is no name for a model: give one with --version, of letters, digits, dots and dashes."
        raise click.BadParameter(message)
    given = {name: others.pop(name) for name in _PARAMETERS}
    return TrainingOrder(
        transactions=transactions,
        out=out,
        version=name,
        features=FEATURE_SETS[features],
        parameters=replace(DEFAULTS[features], **{name: value for name, value in given.items() if value is not None}),
        wishes=SplitWishes(**{name: at and at.replace(tzinfo=UTC) for name, at in others.items()}),
        label_delay=label_delay,
        units=units,
        patterns=_patterns(pattern_column, truth),
        folds=folds,
        against=against or serving(),
        strict=strict,
        costs=CostModel(**dict(costs)),
        tuning=tuning_order(grid, trials, folds),
        scaling=ScaleWishes(base_rate, alert_budget, block_precision, scale),
    )


def _patterns(column: str | None, truth: Path | None) -> PatternSource | None:
    if column is None and truth is None:
        return None
    return PatternSource(column or TRUTH_COLUMN, truth)


def _bar() -> Progress:
    columns = (TextColumn("{task.description:30}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))
