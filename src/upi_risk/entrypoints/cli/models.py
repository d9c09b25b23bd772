"""``upi-risk models``: which models there are, what they are worth, and which one serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import rich_click as click
from rich.console import Console
from rich.table import Table

from upi_risk.application.choose_model import ChooseModel
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.ports import ModelStore
from upi_risk.domain.registry import ModelRegistry

SHOWN = ("AUC", "average precision")


@dataclass(frozen=True, slots=True)
class ModelHouse:
    """What the commands work with; ``pinned`` is the version that MODEL_VERSION names, empty if none."""

    models: ModelStore
    registry: ModelRegistry
    choose: ChooseModel
    pinned: str = ""


OpenModelHouse = Callable[[], ModelHouse]


def models_command(open_house: OpenModelHouse) -> click.Group:
    """The commands, with what makes what they need."""

    @click.group("models")
    def group() -> None:
        """Trained models: list them, compare them, choose the one that serves."""

    _add_readers(group, open_house)
    _add_choosers(group, open_house)
    return group


def _add_readers(group: click.Group, open_house: OpenModelHouse) -> None:
    @group.command("list")
    def listing() -> None:
        """Every version with its figures beside their split."""
        _list(open_house())

    @group.command("show")
    @click.argument("version", required=False)
    def show(version: str | None) -> None:
        """The card of VERSION (of the one that serves, if none is given)."""
        house = open_house()
        table = Table(show_header=False)
        for line in house.registry.sheet(version or house.models.current()).lines().items():
            table.add_row(*line)
        Console().print(table)

    @group.command("diff")
    @click.argument("one")
    @click.argument("other")
    def diff(one: str, other: str) -> None:
        """What differs between the cards of two versions."""
        registry = open_house().registry
        table = Table("", one, other)
        for line in registry.sheet(one).difference(registry.sheet(other)):
            table.add_row(*line)
        Console().print(table)


def _add_choosers(group: click.Group, open_house: OpenModelHouse) -> None:
    @group.command("promote")
    @click.argument("version")
    def promote(version: str) -> None:
        """Prove that VERSION loads, and have it serve; running services follow within MODEL_POLL_SECONDS."""
        house = open_house()
        _say(house, house.choose.promote(version).version)

    @group.command("rollback")
    def rollback() -> None:
        """Have the version serve again that served before."""
        house = open_house()
        _say(house, house.choose.roll_back().version)


def _list(house: ModelHouse) -> None:
    try:
        serving: str | None = house.models.current()
    except ModelRejectedError:
        serving = None
    table = Table("", "version", "features", *SHOWN, "split")
    for version in house.models.versions():
        mark = "CURRENT" if version == serving else ""
        try:
            sheet = house.registry.sheet(version)
        except ModelRejectedError as error:
            table.add_row(mark, version, "", *["" for _ in SHOWN], str(error))
            continue
        figures = dict(sheet.figures)
        values = [f"{figures[name]:.4f}" if name in figures else "" for name in SHOWN]
        table.add_row(mark, version, sheet.card.feature_set, *values, sheet.split)
    Console().print(table)


def _say(house: ModelHouse, version: str) -> None:
    before = house.registry.previous()
    back = f"; upi-risk models rollback goes back to {before}" if before else ""
    click.echo(f"{version} loads, scores its canary rows, and is the one to serve{back}.")
    if house.pinned:
        click.echo(f"MODEL_VERSION is {house.pinned}: services with this setting serve that one, whatever is named.")
