"""``upi-risk users``, ``keys`` and ``erase-user``: who may do what, and who is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import rich_click as click
from rich.console import Console
from rich.table import Column, Table

from upi_risk.application.erase_user import EraseUser
from upi_risk.application.manage_access import ManageKeys, SetRole
from upi_risk.application.protect import Protect
from upi_risk.application.retain import Retain
from upi_risk.domain.access import Role, Scope
from upi_risk.domain.audit import AuditLog

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OperatorHouse:
    """What the commands work with; ``actor`` is who calls them, as the audit log names them."""

    actor: str
    set_role: SetRole
    keys: ManageKeys
    erase: EraseUser
    audit: AuditLog
    protect: Protect
    retain: Retain


OpenOperatorHouse = Callable[[], AbstractAsyncContextManager[OperatorHouse]]


def inside(open_house: OpenOperatorHouse, work: Callable[[OperatorHouse], Awaitable[T]]) -> T:
    """Do some work in a house that is opened for it."""

    async def go() -> T:
        async with open_house() as house:
            return await work(house)

    return asyncio.run(go())


def users_command(open_house: OpenOperatorHouse) -> click.Group:
    """``upi-risk users``."""

    @click.group("users")
    def group() -> None:
        """Users and their roles."""

    @group.command("role")
    @click.argument("user")
    @click.argument("role", type=click.Choice([role.value for role in Role]))
    def role(user: str, role: str) -> None:
        """Give USER, by phone or id, the ROLE payer, analyst or admin; it is heeded at once."""
        given = inside(open_house, lambda house: house.set_role(house.actor, user, Role(role)))
        click.echo(f"{given.user_id} is {role}.")

    return group


def keys_command(open_house: OpenOperatorHouse) -> click.Group:
    """``upi-risk keys``."""

    @click.group("keys")
    def group() -> None:
        """Keys of services, such as a bank's switch."""

    @group.command("create")
    @click.argument("label")
    @click.option(
        "--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]),
        help="check: for any payer; read: models and payments; review: cases and verdicts. May be repeated.",
    )  # fmt: skip
    def create(label: str, scopes: tuple[str, ...]) -> None:
        """Make a key; its secret is shown this once."""
        wanted = [Scope(scope) for scope in scopes]
        key, secret = inside(open_house, lambda house: house.keys.create(house.actor, label, wanted))
        click.echo(f"{key.key_id} is made. Its secret, which cannot be shown again:\n{secret}")

    @group.command("list")
    def listing() -> None:
        """Every key, the oldest first."""
        table = whole_table("key", "label", "scopes", "made", "last used", "revoked")
        for key in inside(open_house, lambda house: house.keys.listed()):
            scopes = " ".join(sorted(key.scopes))
            times = map(_told, (key.created_at, key.last_used_at, key.revoked_at))
            table.add_row(key.key_id, key.label, scopes, *times)
        Console(markup=False, emoji=False).print(table)

    @group.command("revoke")
    @click.argument("key_id")
    def revoke(key_id: str) -> None:
        """Let a key open nothing from now on, on every server."""
        if not inside(open_house, lambda house: house.keys.revoke(house.actor, key_id)):
            raise click.ClickException(f"No key {key_id} opens anything: see upi-risk keys list.")
        click.echo(f"{key_id} opens nothing any more.")

    return group


def erase_command(open_house: OpenOperatorHouse) -> click.Command:
    """``upi-risk erase-user``."""

    @click.command("erase-user")
    @click.argument("user")
    @click.confirmation_option(prompt="Name, phone and sign-ins cannot be brought back. Go on?")
    def erase(user: str) -> None:
        """Forget who USER, by phone or id, is: name, phone, sign-ins and role go, payments stay under the id."""
        gone = inside(open_house, lambda house: house.erase(house.actor, user))
        click.echo(f"{gone.user_id} has no name, phone or sign-in any more.")

    return erase


def whole_table(*heads: str) -> Table:
    """A table of texts that are typed again elsewhere: what is too wide goes on in the next line, but for the first."""
    first, *others = heads
    return Table(Column(first, no_wrap=True), *(Column(head, overflow="fold") for head in others))


def _told(at: datetime | None) -> str:
    return "" if at is None else at.strftime("%Y-%m-%d %H:%M")
