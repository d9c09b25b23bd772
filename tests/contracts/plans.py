"""The names of indexes in a plan."""

from sqlalchemy.ext.asyncio import AsyncEngine

_PARENTS = """
SELECT c.relname, p.relname
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
 WHERE c.relkind = 'i'
"""


async def parents(engine: AsyncEngine) -> dict[str, str]:
    """The index of the whole table, by that of each partition."""
    async with engine.connect() as connection:
        return dict(map(tuple, (await connection.exec_driver_sql(_PARENTS)).all()))
