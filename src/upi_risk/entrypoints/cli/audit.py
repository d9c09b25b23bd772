"""``upi-risk audit``: reading the audit log, and proving that it is whole."""

from __future__ import annotations

import rich_click as click
from rich.console import Console

from upi_risk.domain.audit import BrokenChainError, Head, verify
from upi_risk.domain.errors import InvalidInputError
from upi_risk.entrypoints.cli.operators import OpenOperatorHouse, inside, whole_table


def audit_command(open_house: OpenOperatorHouse) -> click.Group:
    """The commands, with what makes what they need."""

    @click.group("audit")
    def group() -> None:
        """Who did what, and proof that nothing of it was changed."""

    @group.command("verify")
    @click.option("--head", help="What an earlier verify printed and somebody noted elsewhere; finds a cut-off end.")
    def verifying(head: str | None) -> None:
        """Follow the chain from its beginning, and print its head to be noted elsewhere."""
        try:
            noted = None if head is None else Head.read(head)
        except InvalidInputError:
            raise click.BadParameter("It looks like 17:9f86d0…, as verify prints it.") from None
        try:
            found = inside(open_house, lambda house: verify(house.audit.records(), noted))
        except BrokenChainError as error:
            raise click.ClickException(str(error)) from None
        counted = "1 record" if found.number == 1 else f"{found.number} records"
        click.echo(f"{counted}, none changed, moved or missing. Head: {found}")

    @group.command("list")
    @click.option("--count", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many.")
    def listing(count: int) -> None:
        """The latest records, newest first."""
        table = whole_table("", "at", "who", "did", "to", "")
        for record in inside(open_house, lambda house: house.audit.latest(count)):
            entry = record.entry
            at = entry.at.strftime("%Y-%m-%d %H:%M:%S")
            table.add_row(str(record.number), at, entry.actor, str(entry.deed), entry.subject, entry.detail)
        Console(markup=False, emoji=False).print(table)

    return group
