"""Rules as data: a closed language of conditions over known facts, and what follows where they hold.

There is no way from a rule to code: a condition compares one fact of a closed list with a number, or joins other
conditions. It runs on the numbers of one payment and, for a backtest, on columns of many.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, Protocol

from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import InvalidRulesError
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.features import NAMES

DERIVED: Final = ("day_total", "day_count", "is_own_number", "score")
"""Facts beside the features: rupees and payments of the last 24 hours with this one, whether the receiver's name is the
payer's own phone, and the model's score."""

FACTS: Final = (*EXTENDED_SET.names, *DERIVED)
"""Everything that a condition can ask for, in the order of the numbers it is asked of."""

DAY_SUM: Final = FACTS.index("user_sum_24h")
DAY_COUNT: Final = FACTS.index("user_count_24h")
AMOUNT: Final = FACTS.index("amount")
_PLACES: Final = {name: place for place, name in enumerate(FACTS)}
_NEAR: Final = frozenset((*NAMES, "is_own_number", "score"))
"""Facts that are there whatever set of features the model reads."""

MOST_RULES: Final = 200
MOST_CONDITIONS: Final = 1_000
DEEPEST: Final = 8
LONGEST_TEXT: Final = 120
_CODE: Final = re.compile(r"[a-z][a-z0-9_]{2,39}")


class Columns(Protocol):
    """A column of numbers for each of :data:`FACTS`, by its place."""

    def __getitem__(self, place: int, /) -> Any:  # noqa: ANN401 - a column
        """The column at a place."""


Test = Callable[[Sequence[float]], bool]

OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = MappingProxyType(
    {
        "over": operator.gt,
        "at_least": operator.ge,
        "under": operator.lt,
        "at_most": operator.le,
        "equals": operator.eq,
    }
)


@dataclass(frozen=True, slots=True)
class Compare:
    """A fact beside a number.

    Attributes:
        fact: one of :data:`FACTS`.
        operator: one of :data:`OPERATORS`.
        value: the number, in the fact's own unit.
    """

    fact: str
    operator: str
    value: float

    def __post_init__(self) -> None:
        """Refuse what is not in the closed lists."""
        if self.fact not in _PLACES:
            raise InvalidRulesError(f"There is no fact {self.fact[:40]!r}; docs/rules.md has the list.")
        if self.operator not in OPERATORS:
            raise InvalidRulesError(f"There is no comparison {self.operator[:40]!r}: {', '.join(OPERATORS)}.")
        if not isfinite(self.value):
            raise InvalidRulesError(f"{self.fact} is compared with {self.value}, which is no number.")

    def compile(self) -> Test:
        """The condition as a function of one payment's numbers."""
        place, compare, value = _PLACES[self.fact], OPERATORS[self.operator], self.value
        return lambda numbers: compare(numbers[place], value)

    def over(self, columns: Columns) -> Any:  # noqa: ANN401 - a column of booleans
        """The condition over columns."""
        return OPERATORS[self.operator](columns[_PLACES[self.fact]], self.value)

    def parts(self) -> Iterator[Condition]:
        """Nothing: this is a whole one."""
        return iter(())


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of some conditions."""

    of: tuple[Condition, ...]

    def compile(self) -> Test:
        """The condition as a function of one payment's numbers; it stops at the first that does not hold."""
        tests = tuple(part.compile() for part in self.of)
        if len(tests) == 1:
            return tests[0]

        def test(numbers: Sequence[float]) -> bool:
            for one in tests:  # noqa: SIM110 - a generator costs three times as much
                if not one(numbers):
                    return False
            return True

        return test

    def over(self, columns: Columns) -> Any:  # noqa: ANN401 - a column of booleans
        """The condition over columns."""
        return reduce(operator.and_, (part.over(columns) for part in self.of))

    def parts(self) -> Iterator[Condition]:
        """What it joins."""
        return iter(self.of)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of some conditions."""

    of: tuple[Condition, ...]

    def compile(self) -> Test:
        """The condition as a function of one payment's numbers; it stops at the first that holds."""
        tests = tuple(part.compile() for part in self.of)
        return lambda numbers: any(test(numbers) for test in tests)

    def over(self, columns: Columns) -> Any:  # noqa: ANN401 - a column of booleans
        """The condition over columns."""
        return reduce(operator.or_, (part.over(columns) for part in self.of))

    def parts(self) -> Iterator[Condition]:
        """What it joins."""
        return iter(self.of)


@dataclass(frozen=True, slots=True)
class NotThat:
    """The opposite of a condition."""

    of: Condition

    def compile(self) -> Test:
        """The condition as a function of one payment's numbers."""
        test = self.of.compile()
        return lambda numbers: not test(numbers)

    def over(self, columns: Columns) -> Any:  # noqa: ANN401 - a column of booleans
        """The condition over columns."""
        return operator.xor(self.of.over(columns), True)  # noqa: FBT003 - columns of booleans have no `not`

    def parts(self) -> Iterator[Condition]:
        """What it turns round."""
        return iter((self.of,))


Condition = Compare | AllOf | AnyOf | NotThat


@dataclass(frozen=True, slots=True)
class Rule:
    """What is decided at least where a condition holds.

    Attributes:
        code: a stable name, which becomes the factor's.
        text: a sentence for the payer.
        decision: ``VERIFY`` or ``BLOCK``; a rule never lowers anything.
        when: the condition.
        hard: whether no allow list overrules it.
    """

    code: str
    text: str
    decision: Decision
    when: Condition
    hard: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be a rule."""
        if not _CODE.fullmatch(self.code):
            raise InvalidRulesError(f"The code {self.code[:40]!r} is not 3 to 40 of a-z, 0-9 and _, a letter first.")
        if not (self.text.strip() and self.text.isprintable() and len(self.text) <= LONGEST_TEXT):
            raise InvalidRulesError(f"{self.code}: the text is one line of 1 to {LONGEST_TEXT} characters.")
        if self.decision is Decision.ALLOW:
            raise InvalidRulesError(f"{self.code}: a rule decides VERIFY or BLOCK; the allow list is what lowers.")
        if depth(self.when) > DEEPEST:
            raise InvalidRulesError(f"{self.code}: conditions are nested more than {DEEPEST} deep.")


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rules that are in force together.

    Attributes:
        name: for people.
        rules: those that come first are told first.
    """

    name: str
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        """Refuse rules that do not go together."""
        codes = [rule.code for rule in self.rules]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise InvalidRulesError(f"These codes are used twice: {', '.join(twice)}.")
        conditions = sum(1 for rule in self.rules for _ in walk(rule.when))
        if len(codes) > MOST_RULES or conditions > MOST_CONDITIONS:
            raise InvalidRulesError(f"A book has at most {MOST_RULES} rules and {MOST_CONDITIONS} conditions.")

    @property
    def wide(self) -> bool:
        """Whether it asks for more than the 14 features hold."""
        return any(fact not in _NEAR for fact in self.facts)

    @property
    def to_the_hour(self) -> bool:
        """Whether it reads payments to receivers from the end of their hour on."""
        return any(fact.startswith("receiver_") and fact not in _NEAR for fact in self.facts)

    @property
    def facts(self) -> frozenset[str]:
        """The facts that it asks for."""
        asked = (part for rule in self.rules for part in walk(rule.when))
        return frozenset(part.fact for part in asked if isinstance(part, Compare))


def walk(condition: Condition) -> Iterator[Condition]:
    """A condition and everything in it."""
    yield condition
    for part in condition.parts():
        yield from walk(part)


def depth(condition: Condition) -> int:
    """How deep conditions are nested; 1 for a comparison."""
    return 1 + max(map(depth, condition.parts()), default=0)
