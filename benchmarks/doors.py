"""A service whose doors are open, to see what it costs to keep them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from upi_risk.application.check_for_callers import Asked as Question
from upi_risk.application.coalesce import Coalesce
from upi_risk.application.tokens import Authenticate
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.express import Express


class Gathered(Express):
    """Takes plain checks as the service does, into batches that are told of."""

    def __init__(self, served: Express, batches: Coalesce[Question, Transaction]) -> None:
        self.__dict__.update(served.__dict__)
        self._submit = batches.submit


class Believed(Authenticate):
    """Takes everybody's word for it."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = users

    async def many(self, tokens: Sequence[str]) -> list[str | None]:
        """Whose token each is."""
        return [self._users[token] for token in tokens]
