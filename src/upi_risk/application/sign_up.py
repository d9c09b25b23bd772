"""A person becomes a user."""

from __future__ import annotations

from upi_risk.application.tokens import IssueTokens, Tokens
from upi_risk.domain.payment import person_name, phone_number
from upi_risk.domain.person import Person, PhoneKeys, Profile
from upi_risk.domain.ports import Clock, Identities
from upi_risk.domain.user import User


class SignUp:
    """Registers a name and a phone, and signs the new user in."""

    def __init__(self, identities: Identities, clock: Clock, issue: IssueTokens, phones: PhoneKeys) -> None:
        self._identities = identities
        self._clock = clock
        self._issue = issue
        self._phones = phones

    async def __call__(self, name: str, phone: str) -> tuple[Profile, Tokens]:
        """Store the user with the tokens, in one commit.

        Raises:
            InvalidInputError: the name or the phone is not one.
            PhoneTakenError: the phone is registered.
        """
        at = self._clock.now()
        person = Person(person_name(name), phone_number(phone))
        user = User.sign_up(self._identities.user_id(), at, self._phones.kept(person.phone))
        profile = Profile(user, person)
        return profile, await self._issue(user.user_id, at, profile)
