"""Deciding by the rules and lists that are in force, also when they change meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from upi_risk.domain.errors import InvalidRulesError
from upi_risk.domain.lists import Lists
from upi_risk.domain.rule_ports import Revision, RuleSource, StoredRules
from upi_risk.domain.rules import RuleBook
from upi_risk.domain.ruling import RuleSet, RulesInForce

ReadBook = Callable[[str | None], RuleBook]
"""From a book's text to the book; None is the shipped one. Raises InvalidRulesError."""


@dataclass(frozen=True, slots=True)
class RulesSwapped:
    """Other rules or lists are in force; the versions are as decisions keep them."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class RulesRefused:
    """What is in force could not be read; the former rules go on, and where there are none nothing is allowed.

    Attributes:
        serving: the version that goes on; None where there is none.
        error: why.
    """

    serving: str | None
    error: Exception


RulesEvent = RulesSwapped | RulesRefused


class FollowRules:
    """Looks whether rules or lists have changed, and takes them over.

    A book that this release cannot read, as one that a newer release wrote, leaves the former book in force with the
    lists of now.
    """

    def __init__(
        self, source: RuleSource, read: ReadBook, in_force: RulesInForce, tell: Callable[[RulesEvent], None]
    ) -> None:
        """``tell`` hears of every swap, and of each refusal once."""
        self._source = source
        self._read = read
        self._in_force = in_force
        self._tell = tell
        self._seen: Revision | None = None
        self._book: tuple[int, RuleBook] | None = None
        self._refused: tuple[Revision | None, type[Exception]] | None = None

    async def look(self) -> None:
        """Look once. Never raises: whatever is wrong, the former rules go on."""
        wanted: Revision | None = None
        try:
            wanted = await self._source.revision()
            if wanted == self._seen:
                self._refused = None
                return
            stored = await self._source.read()
        except Exception as error:  # noqa: BLE001 - rules that cannot be had must not end the service
            self._refuse(RulesRefused(self._in_force.version, error), wanted)
            return
        self._take(stored)

    async def forever(self, seconds: float) -> None:
        """Look again and again, with a pause of some seconds; ends when it is cancelled."""
        while True:
            await asyncio.sleep(seconds)
            await self.look()

    def _take(self, stored: StoredRules) -> None:
        try:
            self._book = (stored.revision.book, self._read(stored.document))
        except InvalidRulesError as error:
            self._refuse(RulesRefused(self._in_force.version, error), stored.revision)
        self._seen = stored.revision
        if self._book is None:
            return
        version, book = self._book
        before = self._in_force.version
        after = str(Revision(version, stored.revision.lists))
        if after != before:
            self._in_force.swap(RuleSet(after, book, Lists.of(stored.entries)))
            self._tell(RulesSwapped(before, after))

    def _refuse(self, refused: RulesRefused, wanted: Revision | None) -> None:
        this = (wanted, type(refused.error))
        if this != self._refused:
            self._refused = this
            self._tell(refused)
