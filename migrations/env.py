"""Runs the migrations in one transaction, on the connection handed in, or on ``-x database_url=...``."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from upi_risk.adapters.postgres.migrate import connect
from upi_risk.adapters.postgres.operator_tables import METADATA


def run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()


handed_in: Connection | None = context.config.attributes.get("connection")
if handed_in is None:
    with connect(context.get_x_argument(as_dictionary=True)["database_url"]) as own:
        run(own)
else:
    run(handed_in)
