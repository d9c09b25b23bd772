"""Forgetting who a user was."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, Protocol

from upi_risk.domain.user import User

ERASED: Final = "erased:"
"""What stands in the place of an erased user's phone begins so; the user's id follows."""


def erased(user: User) -> User:
    """The user whom no phone leads to, at the next version; whoever was erased before is as they were.

    The place of the phone's key is taken by what no phone has, so that the number can sign up anew, as somebody else.
    """
    if is_erased(user):
        return user
    return replace(user, phone_key=ERASED + user.user_id, version=user.version + 1)


def is_erased(user: User) -> bool:
    """Whether name and phone are gone."""
    return user.phone_key.startswith(ERASED)


class Erasure(Protocol):
    """Removes what says who a user was."""

    async def erase(self, user_id: str) -> User | None:
        """Remove name, phone, devices and role; answers the user as :func:`erased` has them.

        Payments, reports, payees and what was found about payments stay, under the user's id; words in findings go.
        Nobody signs in as this user any more from then on; sign-ins that there are have to be ended.
        All or nothing, durable on return; None if there is no such user. Again changes nothing.

        Raises:
            StoreUnavailableError: nothing is known of what was removed.
        """
