"""``upi-risk webhooks``: who is told what, and what nobody took."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TypeVar

import rich_click as click
from rich.console import Console

from upi_risk.application.deliver_webhooks import DeliverWebhooks
from upi_risk.domain.outbox import Outbox, Webhooks
from upi_risk.domain.ports import Clock, Identities
from upi_risk.domain.webhooks import SECRET_PREFIX, EventKind, Webhook, checked_url
from upi_risk.entrypoints.cli.operators import whole_table

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WebhooksHouse:
    """What the commands work with; ``loopback`` is whether messages may go to this machine."""

    webhooks: Webhooks
    outbox: Outbox
    deliver: DeliverWebhooks
    clock: Clock
    identities: Identities
    loopback: bool


OpenWebhooksHouse = Callable[[], AbstractAsyncContextManager[WebhooksHouse]]


def webhooks_command(open_house: OpenWebhooksHouse) -> click.Group:
    """The commands, with what they need from outside."""

    def run(work: Callable[[WebhooksHouse], Awaitable[T]]) -> T:
        async def within() -> T:
            async with open_house() as house:
                return await work(house)

        return asyncio.run(within())

    @click.group("webhooks")
    def group() -> None:
        """Signed messages to others: decisions, reviews, labels, models."""

    _add_subscribing(group, run)
    _add_ending(group, run)
    _add_dead_letters(group, run)
    _add_delivering(group, run)
    return group


Run = Callable[[Callable[[WebhooksHouse], Awaitable[T]]], T]


def _add_subscribing(group: click.Group, run: Run[None]) -> None:
    @group.command("add")
    @click.argument("name")
    @click.option("--url", required=True, help="Where messages go: https://…; in development http://127.0.0.1:… too.")
    @click.option(
        "--kind", "kinds", required=True, multiple=True, type=click.Choice([kind.value for kind in EventKind])
    )
    @click.option("--author", required=True, help="Who subscribes.")
    def add(name: str, url: str, kinds: tuple[str, ...], author: str) -> None:
        """Subscribe NAME, in the place of one of that name; prints the secret that signs, once."""

        async def work(house: WebhooksHouse) -> None:
            drawn = hashlib.sha256(house.identities.token().encode()).digest()
            secret = SECRET_PREFIX + base64.b64encode(drawn).decode()
            where = checked_url(url, loopback=house.loopback)
            wanted = frozenset(map(EventKind, kinds))
            await house.webhooks.add(Webhook(name, where, secret, wanted, author, house.clock.now()))
            click.echo(secret)

        run(work)


def _add_ending(group: click.Group, run: Run[None]) -> None:
    @group.command("remove")
    @click.argument("name")
    def remove(name: str) -> None:
        """End the subscription NAME, with all that waits for it."""

        async def work(house: WebhooksHouse) -> None:
            if not await house.webhooks.remove(name):
                raise click.ClickException(f"{name} has not subscribed.")

        run(work)

    @group.command("list")
    def listing() -> None:
        """Who has subscribed to what."""

        async def work(house: WebhooksHouse) -> None:
            table = whole_table("name", "url", "kinds", "author", "since (UTC)")
            for one in await house.webhooks.all():
                since = f"{one.created_at:%Y-%m-%d %H:%M}"
                table.add_row(one.webhook_id, one.url, ", ".join(sorted(one.kinds)), one.author, since)
            Console(markup=False, emoji=False).print(table)

        run(work)


def _add_dead_letters(group: click.Group, run: Run[None]) -> None:
    @group.command("dead")
    def dead() -> None:
        """Messages that nobody took, after all attempts."""

        async def work(house: WebhooksHouse) -> None:
            table = whole_table("name", "event", "kind", "attempts", "given up (UTC)", "because of")
            for one in await house.outbox.dead():
                died = f"{one.died_at:%Y-%m-%d %H:%M}"
                table.add_row(one.webhook_id, one.event_id, one.kind, str(one.attempts), died, one.error)
            Console(markup=False, emoji=False).print(table)

        run(work)

    @group.command("replay")
    @click.argument("event_ids", nargs=-1)
    @click.option("--all", "every", is_flag=True, help="All dead messages.")
    def replay(event_ids: tuple[str, ...], every: bool) -> None:  # noqa: FBT001 - an option
        """Make dead messages due again, by their events."""
        if bool(event_ids) is every:
            raise click.UsageError("Name events, or say --all.")

        async def work(house: WebhooksHouse) -> None:
            click.echo(f"{await house.outbox.replay(event_ids, house.clock.now()):,} messages are due again.")

        run(work)


def _add_delivering(group: click.Group, run: Run[None]) -> None:
    @group.command("deliver")
    @click.option("--pause", default=1.0, show_default=True, help="Seconds between two looks where nothing is due.")
    @click.option("--once", is_flag=True, help="Try what is due now, and end.")
    def deliver(pause: float, once: bool) -> None:  # noqa: FBT001 - an option
        """Deliver what waits, until Ctrl-C; any number of these may run."""

        async def work(house: WebhooksHouse) -> None:
            if not once:
                await house.deliver.forever(pause, lambda error: click.echo(f"outbox: {error}", err=True))
            tried = 0
            while more := await house.deliver.once():
                tried += more
            click.echo(f"{tried:,} messages were tried.")

        run(work)
