"""``upi-risk rules``: what is decided beside the model, and since when."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import rich_click as click
from rich.console import Console

from upi_risk.application.choose_rules import ChooseRules
from upi_risk.application.follow_rules import ReadBook
from upi_risk.domain.rule_ports import RuleBooks, RuleLists
from upi_risk.entrypoints.cli.tables import folded

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class RulesHouse:
    """What the commands of rules and lists work with."""

    books: RuleBooks
    lists: RuleLists
    choose: ChooseRules


OpenRulesHouse = Callable[[], AbstractAsyncContextManager[RulesHouse]]


def rules_command(open_house: OpenRulesHouse, read: ReadBook) -> click.Group:
    """The commands, with what they need from outside."""

    @click.group("rules")
    def group() -> None:
        """Rules beside the model: show, check, apply, go back; services follow within RULES_POLL_SECONDS."""

    @group.command("check")
    @click.argument("file", type=FILE)
    def check(file: Path) -> None:
        """Say whether FILE, TOML or JSON, can be put in force; nothing is changed."""
        book = read(file.read_text(encoding="utf-8"))
        click.echo(f"{file.name} says {len(book.rules)} rules: {book.name}.")

    _add_readers(group, open_house)
    _add_choosers(group, open_house)
    return group


def _add_readers(group: click.Group, open_house: OpenRulesHouse) -> None:
    @group.command("show")
    @click.argument("version", type=int, required=False)
    def show(version: int | None) -> None:
        """Print the document of VERSION (of the one in force, if none is given); 0 is the shipped one."""

        async def work() -> str:
            async with open_house() as house:
                return await house.choose.document(version)

        click.echo(asyncio.run(work()), nl=False)

    @group.command("history")
    def history() -> None:
        """Every version that was ever in force, the newest first."""

        async def work() -> None:
            async with open_house() as house:
                table = folded("version", "since (UTC)", "author", "reason")
                for book in await house.books.history():
                    table.add_row(str(book.version), f"{book.created_at:%Y-%m-%d %H:%M:%S}", book.author, book.reason)
                table.add_row("0", "", "", "shipped with the product")
                Console(markup=False, emoji=False).print(table)

        asyncio.run(work())


def _add_choosers(group: click.Group, open_house: OpenRulesHouse) -> None:
    @group.command("apply")
    @click.argument("file", type=FILE)
    @click.option("--reason", required=True, help="Why; kept with the version.")
    @click.option("--author", required=True, help="Who; kept with the version.")
    def apply(file: Path, reason: str, author: str) -> None:
        """Put the rules of FILE in force, if they can be read."""
        document = file.read_text(encoding="utf-8")

        async def work() -> int:
            async with open_house() as house:
                return await house.choose.apply(document, reason, author)

        _say(asyncio.run(work()))

    @group.command("rollback")
    @click.argument("version", type=int)
    @click.option("--author", required=True, help="Who; kept with the version.")
    def rollback(version: int, author: str) -> None:
        """Put the rules of VERSION in force again, as a new version; 0 is the shipped one."""

        async def work() -> int:
            async with open_house() as house:
                return await house.choose.roll_back(version, author)

        _say(asyncio.run(work()))


def _say(version: int) -> None:
    click.echo(f"Version {version} is in force; upi-risk rules rollback {version - 1} --author … goes back.")
