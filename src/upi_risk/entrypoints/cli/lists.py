"""``upi-risk lists``: payers, receivers and handles that somebody has spoken for or against."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import rich_click as click
from rich.console import Console

from upi_risk.domain.lists import Kind, ListEntry, Side, subject_of
from upi_risk.domain.ports import Clock
from upi_risk.entrypoints.cli.arguments import DATE, DURATION
from upi_risk.entrypoints.cli.operators import whole_table
from upi_risk.entrypoints.cli.rules import OpenRulesHouse

_SIDE = click.Choice([side.value for side in Side])
_KIND = click.Choice([kind.value for kind in Kind])


def lists_command(open_house: OpenRulesHouse, clock: Clock) -> click.Group:
    """The commands, with what they need from outside."""

    @click.group("lists")
    def group() -> None:
        """Allow and block lists; services follow within RULES_POLL_SECONDS."""

    _add_changers(group, open_house, clock)

    @group.command("show")
    def show() -> None:
        """Everything on the lists."""

        async def work() -> list[ListEntry]:
            async with open_house() as house:
                return await house.lists.entries()

        _print(asyncio.run(work()), clock.now())

    return group


def _add_changers(group: click.Group, open_house: OpenRulesHouse, clock: Clock) -> None:
    @group.command("add")
    @click.argument("side", type=_SIDE)
    @click.argument("kind", type=_KIND)
    @click.argument("subject")
    @click.option("--reason", required=True, help="Why; payers never see it.")
    @click.option("--author", required=True, help="Who says so.")
    @click.option("--until", type=DATE, help="Counts until this day or instant (UTC). [default: for good]")
    @click.option("--lasting", type=DURATION, help="Counts so long from now: 12h, 30d.")
    def add(  # noqa: PLR0913, PLR0917 - arguments and options
        side: str, kind: str, subject: str, reason: str, author: str, until: datetime | None, lasting: timedelta | None
    ) -> None:
        """Put SUBJECT, a KIND of thing, on the allow or the block list, in the place of an entry that is there."""
        if until is not None and lasting is not None:
            raise click.UsageError("Say --until or --lasting.")
        now = clock.now()
        end = until.replace(tzinfo=UTC) if until else now + lasting if lasting else None
        named = subject_of(Kind(kind), subject)
        entry = ListEntry(Side(side), Kind(kind), named, reason, author, now, end)

        async def work() -> None:
            async with open_house() as house:
                await house.lists.add(entry)

        asyncio.run(work())
        click.echo(f"{named} is on the {side} list{f' until {end:%Y-%m-%d %H:%M} UTC' if end else ''}.")

    @group.command("remove")
    @click.argument("side", type=_SIDE)
    @click.argument("kind", type=_KIND)
    @click.argument("subject")
    @click.option("--author", required=True, help="Who says so.")
    def remove(side: str, kind: str, subject: str, author: str) -> None:
        """Take SUBJECT off the allow or the block list."""
        named = subject_of(Kind(kind), subject)

        async def work() -> bool:
            async with open_house() as house:
                return await house.lists.remove(Side(side), Kind(kind), named, author, clock.now())

        if not asyncio.run(work()):
            raise click.ClickException(f"{named} was not on the {side} list.")
        click.echo(f"{named} is off the {side} list.")


def _print(entries: list[ListEntry], now: datetime) -> None:
    table = whole_table("list", "kind", "subject", "since (UTC)", "until (UTC)", "author", "reason")
    for entry in entries:
        until = f"{entry.expires_at:%Y-%m-%d %H:%M}" if entry.expires_at else ""
        expired = "" if entry.counts(now) else " (expired)"
        since = f"{entry.added_at:%Y-%m-%d %H:%M}"
        table.add_row(entry.side, entry.kind, entry.subject, since, until + expired, entry.author, entry.reason)
    Console(markup=False, emoji=False).print(table)
