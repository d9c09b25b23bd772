"""What receivers took in before the extended features is filled in when the schema is brought up to them."""

from __future__ import annotations

from dataclasses import replace

from alembic import command
from alembic.config import Config
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import OTHER_SHOP, SHOP, a_payment, a_transaction, a_user, later
from tests.contracts.stores import Stores
from upi_risk.adapters.postgres.migrate import MIGRATIONS, connect, upgrade
from upi_risk.domain.decision import Decision
from upi_risk.domain.draft import Draft
from upi_risk.domain.habits import Habits
from upi_risk.domain.user import User


def back_to(database_url: str, revision: str) -> None:
    with connect(database_url) as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


async def paid(stores: Stores, user: User, receiver: str, hours: float, *, reported: bool = False) -> User:
    """The user after a payment of so many rupees as hours, through the fold."""
    draft, at = Draft.of(user), user.instant(later(hours=hours))
    payment = a_payment(user.user_id, receiver, int(hours * 100) + 100, at=at)
    draft.payees[payment.receiver] = await stores.payee(user.user_id, payment.receiver)
    transaction = a_transaction(payment, Decision.ALLOW)
    draft.decide(transaction)
    if reported:
        instant = draft.user.instant(later(hours=hours, minutes=1))
        await stores.apply(draft.change())
        user, draft = draft.user, Draft.of(draft.user)
        draft.payees[payment.receiver] = await stores.payee(user.user_id, payment.receiver)
        draft.report(transaction.reported(instant), instant)
    await stores.apply(draft.change())
    return draft.user


async def test_receivers_are_as_the_fold_had_them_and_habits_begin_anew(engine: AsyncEngine, database_url: str) -> None:
    stores = Stores.in_postgres(engine)
    users = [a_user(), a_user()]
    for user in users:
        await stores.users.add(user)
    for number, hours in enumerate((0, 1, 30, 49, 50, 300, 301)):
        which = number % 2
        users[which] = await paid(stores, users[which], SHOP, hours, reported=hours in {1, 50, 300})
        users[which] = await paid(stores, users[which], OTHER_SHOP, hours + 0.5)
    before = [await stores.receiver(name) for name in (SHOP, OTHER_SHOP)]
    assert all(held.hours and held.payer_count == 2 for held in before)

    await engine.dispose()
    back_to(database_url, "0002")
    upgrade(database_url)

    after = [await stores.receiver(name) for name in (SHOP, OTHER_SHOP)]
    assert after == before
    assert await stores.user(users[0].user_id) == replace(users[0], habits=Habits())
