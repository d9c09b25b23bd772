"""A user signs in."""

from __future__ import annotations

from upi_risk.application.amend import AmendHistory
from upi_risk.application.tokens import IssueTokens, Tokens
from upi_risk.domain.errors import UnknownUserError
from upi_risk.domain.history import Wanted
from upi_risk.domain.payment import phone_number
from upi_risk.domain.person import Profile
from upi_risk.domain.ports import Clock, Users


class AdmitUser:
    """Counts a sign-in of a user who has proved who they are, and gives the tokens."""

    def __init__(self, users: Users, clock: Clock, amend: AmendHistory, issue: IssueTokens) -> None:
        self._users = users
        self._clock = clock
        self._amend = amend
        self._issue = issue

    async def __call__(self, user_id: str) -> tuple[Profile, Tokens]:
        """Count the sign-in, then issue tokens.

        Raises:
            UnknownUserError: there is no such user.
        """
        person, at = await self._users.person(user_id), self._clock.now()
        change = await self._amend(Wanted(user_id), at, lambda draft, _, instant: draft.sign_in(instant))
        return Profile(change.user, person), await self._issue(user_id, at)


class LogIn:
    """Signs a user in by phone, in the demo mode without further proof."""

    def __init__(self, users: Users, admit: AdmitUser) -> None:
        self._users = users
        self._admit = admit

    async def __call__(self, phone: str) -> tuple[Profile, Tokens]:
        """Find the user, and admit them.

        Raises:
            InvalidInputError: the phone is not one.
            UnknownUserError: nobody signed up with it.
        """
        user = await self._users.by_phone(phone_number(phone))
        if user is None:
            raise UnknownUserError
        return await self._admit(user.user_id)
