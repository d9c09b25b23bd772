"""Putting a book of rules in force, after proving that it can be read."""

from __future__ import annotations

from upi_risk.application.follow_rules import ReadBook
from upi_risk.domain.errors import InvalidRulesError
from upi_risk.domain.ports import Clock
from upi_risk.domain.rule_ports import SHIPPED, RuleBooks


class ChooseRules:
    """Apply and roll back; running services notice by themselves."""

    def __init__(self, books: RuleBooks, read: ReadBook, shipped: str, clock: Clock) -> None:
        """``shipped`` is the text of the book that comes with the product."""
        self._books = books
        self._read = read
        self._shipped = shipped
        self._clock = clock

    async def apply(self, document: str, reason: str, author: str) -> int:
        """Have a book in force; returns its version.

        Raises:
            InvalidRulesError: it cannot be read, or nobody says who puts it or why; nothing has changed.
            StoreUnavailableError: nothing is known of what was stored.
        """
        self._read(document)
        if not (reason.strip() and author.strip()):
            raise InvalidRulesError("Rules are put in force with a reason and an author.")
        return await self._books.put(document, reason, author, self._clock.now())

    async def roll_back(self, version: int, author: str) -> int:
        """Put the text of an earlier version in force again, as a new version; 0 is the shipped one.

        Raises:
            InvalidRulesError: there is no such version, or it cannot be read any more; nothing has changed.
            StoreUnavailableError: nothing is known of what was stored.
        """
        return await self.apply(await self.document(version), f"back to version {version}", author)

    async def document(self, version: int | None = None) -> str:
        """The text of a version, or of the one in force.

        Raises:
            InvalidRulesError: there is no such version.
        """
        if version is None:
            books = await self._books.history()
            return books[0].document if books else self._shipped
        if version == SHIPPED:
            return self._shipped
        stored = await self._books.get(version)
        if stored is None:
            raise InvalidRulesError(f"There is no version {version}: see upi-risk rules history.")
        return stored.document
