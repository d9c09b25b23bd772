"""What the commands of rules and lists work with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from upi_risk.adapters.files.rule_file import read_book, shipped_rules
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.application.audited_operating import AuditedBooks, AuditedLists
from upi_risk.application.choose_rules import ChooseRules
from upi_risk.bootstrap.backing_servers import command_servers
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.operating import jot
from upi_risk.bootstrap.settings import read_settings
from upi_risk.entrypoints.cli.rules import RulesHouse


@asynccontextmanager
async def open_rules_house() -> AsyncIterator[RulesHouse]:
    """The PostgreSQL that is named, as its owner, or the embedded one, which a ``make run`` may be using."""
    settings = read_settings()
    with command_servers(settings) as urls:
        upgrade(urls.owner, urls.database)
        container = Container(settings=msgspec.structs.replace(settings, database_url=urls.owner))
        rules, note = container.rules(), jot(container)
        books = AuditedBooks(rules, note)
        choose = ChooseRules(books, read_book, shipped_rules(), container.clock())
        try:
            yield RulesHouse(books, AuditedLists(rules, note), choose)
        finally:
            await container.note().drain()
            await container.engine().dispose()
