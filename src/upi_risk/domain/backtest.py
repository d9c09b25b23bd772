"""Old decisions taken again under other thresholds, rules or another model: what is asked, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from upi_risk.domain.decision import Decision
from upi_risk.domain.model import ModelCard


class Outcome(StrEnum):
    """How a payment turned out, as far as is known."""

    FRAUD = "fraud"
    GOOD = "good"
    UNKNOWN = "unknown"


class Voice(StrEnum):
    """Who gave the answer before rules and lists: the model, rules while it failed, or a table of test receivers."""

    MODEL = "model"
    RULES = "rules"
    TABLE = "table"


DECISIONS: Final = (Decision.ALLOW, Decision.VERIFY, Decision.BLOCK)
"""In the order of care; columns hold places in it."""

OUTCOMES: Final = tuple(Outcome)
VOICES: Final = tuple(Voice)


class Column(Protocol):
    """Values of one kind, one a payment: a list, or an array of whatever library an adapter computes with."""

    def __len__(self) -> int:
        """How many."""

    def __iter__(self) -> Iterator[Any]:
        """Each value."""

    def __getitem__(self, place: int, /) -> Any:  # noqa: ANN401 - the column's kind
        """The value at a place."""


@dataclass(frozen=True, slots=True)
class Names:
    """Whose decisions a page holds, as columns of text.

    Attributes:
        transaction_ids: of the checks.
        user_ids: of the payers.
        receivers: the payees.
    """

    transaction_ids: Column
    user_ids: Column
    receivers: Column


@dataclass(frozen=True, slots=True)
class DecisionPage:
    """Stored decisions, as columns of the same length.

    Attributes:
        at: when they were decided, in microseconds since 1970 (UTC).
        amount_paise: the payments.
        decisions: as they were answered; places in :data:`DECISIONS`.
        scores: of the model, before rules and lists.
        voices: who gave the answer; places in :data:`VOICES`.
        outcomes: places in :data:`OUTCOMES`. ``FRAUD`` if it was reported, ``GOOD`` if it settled and was not, else
            ``UNKNOWN``: nobody can report a payment that was stopped.
        facts: the numbers asked for, by the names of :data:`~upi_risk.domain.rules.FACTS`; not a number where a
            stored vector has none.
        names: if asked for.
    """

    at: Column
    amount_paise: Column
    decisions: Column
    scores: Column
    voices: Column
    outcomes: Column
    facts: Mapping[str, Column]
    names: Names | None = None


class Cell(NamedTuple):
    """Payments that are alike in what was decided, what would be, and how they turned out."""

    before: Decision
    after: Decision
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sides: as it was, or as it would have been. Flagged is VERIFY or BLOCK.

    Attributes:
        counts: payments by decision and outcome.
        paise: their sums.
    """

    counts: Mapping[tuple[Decision, Outcome], int]
    paise: Mapping[tuple[Decision, Outcome], int]

    @property
    def precision(self) -> float | None:
        """The share of fraud among flagged payments whose outcome is known; None if there are none."""
        fraud = _flagged(self.counts, Outcome.FRAUD)
        known = fraud + _flagged(self.counts, Outcome.GOOD)
        return fraud / known if known else None

    @property
    def recall(self) -> float | None:
        """The share of known fraud that is flagged; None if there is none."""
        return _share(self.counts)

    @property
    def recall_by_value(self) -> float | None:
        """The same by rupees."""
        return _share(self.paise)

    @property
    def good_stopped(self) -> int:
        """Good payments that are blocked."""
        return self.counts.get((Decision.BLOCK, Outcome.GOOD), 0)

    @property
    def good_asked(self) -> int:
        """Good payments that have to be verified."""
        return self.counts.get((Decision.VERIFY, Outcome.GOOD), 0)

    @property
    def missed_paise(self) -> int:
        """What known frauds took that were simply allowed."""
        return self.paise.get((Decision.ALLOW, Outcome.FRAUD), 0)


def _flagged(numbers: Mapping[tuple[Decision, Outcome], int], outcome: Outcome) -> int:
    return numbers.get((Decision.VERIFY, outcome), 0) + numbers.get((Decision.BLOCK, outcome), 0)


def _share(numbers: Mapping[tuple[Decision, Outcome], int]) -> float | None:
    caught = _flagged(numbers, Outcome.FRAUD)
    every = caught + numbers.get((Decision.ALLOW, Outcome.FRAUD), 0)
    return caught / every if every else None


@dataclass(slots=True)
class BacktestFigures:
    """What came of taking decisions again.

    Attributes:
        counts: payments by cell.
        paise: their sums.
        fired: how often each rule fired.
        unjudged: how often a rule asked for a fact that the stored vector lacks; it did not fire there.
        not_rescored: payments whose stored vector lacks features of the other model; they kept their score.
    """

    counts: Counter[Cell] = field(default_factory=Counter)
    paise: Counter[Cell] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    unjudged: Counter[str] = field(default_factory=Counter)
    not_rescored: int = 0

    def add(self, other: BacktestFigures) -> None:
        """Add the figures of more payments."""
        self.counts.update(other.counts)
        self.paise.update(other.paise)
        self.fired.update(other.fired)
        self.unjudged.update(other.unjudged)
        self.not_rescored += other.not_rescored

    @property
    def rows(self) -> int:
        """Payments."""
        return self.counts.total()

    @property
    def before(self) -> Side:
        """As it was."""
        return self._side(lambda cell: cell.before)

    @property
    def after(self) -> Side:
        """As it would have been."""
        return self._side(lambda cell: cell.after)

    @property
    def moves(self) -> dict[tuple[Decision, Decision], int]:
        """Payments by the decision that was and the one that would have been, where they differ."""
        moved: Counter[tuple[Decision, Decision]] = Counter()
        for cell, count in self.counts.items():
            if cell.before is not cell.after:
                moved[cell.before, cell.after] += count
        return dict(moved)

    def _side(self, decision: _Decided) -> Side:
        counts: Counter[tuple[Decision, Outcome]] = Counter()
        paise: Counter[tuple[Decision, Outcome]] = Counter()
        for cell, count in self.counts.items():
            counts[decision(cell), cell.outcome] += count
            paise[decision(cell), cell.outcome] += self.paise[cell]
        return Side(counts, paise)


class _Decided(Protocol):
    def __call__(self, cell: Cell, /) -> Decision: ...


@dataclass(frozen=True, slots=True)
class Changed:
    """Payments that would have been decided otherwise, as columns.

    Attributes:
        page: where they are.
        places: which of it they are.
        decisions: what would have been decided of each; places in :data:`DECISIONS`.
        scores: of the model, as it was taken again.
    """

    page: DecisionPage
    places: Column
    decisions: Column
    scores: Column


class PastDecisions(Protocol):
    """Everybody's committed decisions."""

    async def count(self, first: datetime | None, end: datetime | None) -> int:
        """How many there are from the first instant (None: the beginning) until before the end (None: all).

        Raises:
            StoreUnavailableError: the store cannot be read.
        """

    def read(
        self, first: datetime | None, end: datetime | None, facts: Sequence[str], *, names: bool
    ) -> AsyncGenerator[DecisionPage, None]:
        """The same ones as of one moment, in pages, in no order; with some facts, and the names if wanted.

        Raises:
            StoreUnavailableError: the store cannot be read, or not to the end.
        """


class BulkScorer(Protocol):
    """A model that scores many payments at once, without reasons."""

    @property
    def card(self) -> ModelCard:
        """What the model is."""

    def probabilities(self, columns: Sequence[Column]) -> Column:
        """The probability of fraud for each payment, as a :class:`~upi_risk.domain.ports.Scorer` gives it, to the bit.

        Args:
            columns: the card's features in their order, each of finite numbers, all of the same length.
        """


class Retrial(Protocol):
    """Takes decisions again."""

    @property
    def facts(self) -> Sequence[str]:
        """The facts that it needs of each decision, those of :data:`~upi_risk.domain.rules.FACTS` but the score."""

    @property
    def names(self) -> bool:
        """Whether it needs to know whose decisions they are."""

    def __call__(self, page: DecisionPage) -> tuple[BacktestFigures, Changed]:
        """What would have been decided."""


class ChangedRows(Protocol):
    """Where payments that would have been decided otherwise are put down."""

    def add(self, changed: Changed) -> None:
        """Put some down."""

    def finish(self) -> None:
        """Make the file whole; before this it is not there."""
