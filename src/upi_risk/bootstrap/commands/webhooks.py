"""``upi-risk webhooks``, and what it works with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from upi_risk.adapters.httpcore.courier import HttpCourier
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.adapters.postgres.webhooks import PostgresOutbox
from upi_risk.adapters.system.luck import luck
from upi_risk.application.audited_operating import AuditedOutbox, AuditedWebhooks
from upi_risk.application.deliver_webhooks import DeliverWebhooks
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.operating import jot
from upi_risk.bootstrap.settings import read_settings
from upi_risk.entrypoints.cli.webhooks import WebhooksHouse, webhooks_command


@asynccontextmanager
async def open_house() -> AsyncIterator[WebhooksHouse]:
    """The PostgreSQL that is named, or the embedded one, which a ``make run`` may be using.

    Who is told of what is the owner's to say; the role that serves delivers.
    """
    settings = read_settings()
    loopback = settings.app_env == "development"
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        owner, container = (
            Container(settings=msgspec.structs.replace(settings, database_url=url))
            for url in (urls.owner, urls.database)
        )
        outbox, courier = PostgresOutbox(container.engine(), container.vault()), HttpCourier(loopback=loopback)
        clock = container.clock()
        deliver = DeliverWebhooks(outbox, courier, clock, luck)
        note = jot(container)
        webhooks, audited = AuditedWebhooks(owner.webhooks(), note), AuditedOutbox(outbox, note)
        try:
            yield WebhooksHouse(webhooks, audited, deliver, clock, container.identities(), loopback=loopback)
        finally:
            await container.note().drain()
            await courier.close()
            await container.engine().dispose()
            await owner.engine().dispose()


command = webhooks_command(open_house)
