"""Definitions of features as one function: traced once over symbols, then compiled with common parts shared.

The definitions stay the only place where a feature is defined. Calling 70 of them for each payment, each of which works
out the same means and spreads again, took most of the time of a decision's features; the compiled function does the
same operations on the same values, each once, so its answers are equal to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import sqrt
from typing import Any, Final

from upi_risk.domain.features import Feature, Vector

_OPERATORS: Final = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "and": "&", "or": "|",
    "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==",
}  # fmt: skip


class Symbol:
    """A value that is not known yet: what to compute, from which others."""

    __slots__ = ("parts", "shape", "tape")

    def __init__(self, tape: Tape, shape: str, parts: tuple[Any, ...]) -> None:
        self.tape = tape
        self.shape = shape
        self.parts = parts

    def __bool__(self) -> bool:
        """Refuse: a definition that branches in Python would be compiled as one of its branches."""
        raise TypeError("A feature's definition must branch by Algebra.where, not by if, and or or.")

    __hash__ = object.__hash__


def _operation(name: str, sign: str) -> None:
    def forward(self: Symbol, other: object) -> Symbol:
        return self.tape.symbol(f"{{}} {sign} {{}}", self, other)

    def backward(self: Symbol, other: object) -> Symbol:
        return self.tape.symbol(f"{{}} {sign} {{}}", other, self)

    setattr(Symbol, f"__{name}__", forward)
    if name not in {"lt", "le", "gt", "ge", "eq"}:
        setattr(Symbol, f"__r{name}__", backward)


for _name, _sign in _OPERATORS.items():
    _operation(_name, _sign)


class Tape:
    """What was asked of symbols, each thing once; the algebra of symbols (see :class:`~.features.Algebra`)."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Symbol] = {}

    def symbol(self, shape: str, *parts: object) -> Symbol:
        """The value of a shape filled with parts: symbols, or plain numbers."""
        key = (shape, *((id(part),) if isinstance(part, Symbol) else (type(part), repr(part)) for part in parts))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Symbol(self, shape, parts)
        return found

    def where(self, condition: object, then: object, otherwise: object) -> Symbol:
        """``then`` where the condition holds, else ``otherwise``."""
        return self.symbol("({1} if {0} else {2})", condition, then, otherwise)

    def least(self, left: object, right: object) -> Symbol:
        """The smaller of two, as ``min`` takes them: the left one of equals."""
        return self.symbol("({1} if {1} < {0} else {0})", left, right)

    def greatest(self, left: object, right: object) -> Symbol:
        """The larger of two, as ``max`` takes them: the left one of equals."""
        return self.symbol("({1} if {1} > {0} else {0})", left, right)

    def root(self, value: object) -> Symbol:
        """The square root."""
        return self.symbol("sqrt({0})", value)


def compiled(features: Sequence[Feature], facts: Any) -> Callable[[Any], Vector]:  # noqa: ANN401 - Facts or WideFacts
    """A function from facts to the features' values, in their order.

    Args:
        features: their definitions.
        facts: any of the kind that the function will be given: a named tuple of numbers and of further tuples.
    """
    tape = Tape()
    symbols = _symbols(tape, facts, "f")
    values = [feature.compute(symbols, tape) for feature in features]
    names: dict[Symbol, str] = {}
    lines = [f"    {line}" for value in values for line in _lines(value, names)]
    told = ", ".join(_text(value, names) for value in values)
    source = "\n".join(["def vector(f):", *lines, f"    return ({told},)"])
    made: dict[str, Any] = {"sqrt": sqrt}
    exec(compile(source, "<features>", "exec"), made)  # noqa: S102 # nosec B102 - written above, from our definitions
    function: Callable[[Any], Vector] = made["vector"]
    return function


def group_sums(groups: Sequence[Sequence[int]], count: int) -> Callable[[Sequence[float]], list[float]]:
    """A function from as many numbers to the sum of each group of them, added up from left to right.

    Args:
        groups: the places of the numbers of each group; none is empty.
        count: how many numbers there are.
    """
    names = ", ".join(f"c{place}" for place in range(count))
    sums = ", ".join(" + ".join(f"c{place}" for place in group) for group in groups)
    made: dict[str, Any] = {}
    source = f"def sums(c):\n    ({names},) = c\n    return [{sums}]"
    exec(compile(source, "<groups>", "exec"), made)  # noqa: S102 # nosec B102 - written above, of whole numbers alone
    function: Callable[[Sequence[float]], list[float]] = made["sums"]
    return function


def _symbols(tape: Tape, facts: Any, path: str) -> Any:  # noqa: ANN401 - as deep as the facts are
    """The same tuples, with a symbol in place of each number."""
    if not isinstance(facts, tuple):
        return tape.symbol(path)
    inner: Iterable[Any] = [_symbols(tape, held, f"{path}[{place}]") for place, held in enumerate(facts)]
    return facts._make(inner) if hasattr(facts, "_make") else tuple(inner)


def _lines(value: object, names: dict[Symbol, str]) -> Iterator[str]:
    """The assignments that a value needs beyond those already made, in order."""
    if not isinstance(value, Symbol) or value in names:
        return
    for part in value.parts:
        yield from _lines(part, names)
    names[value] = f"v{len(names)}"
    yield f"{names[value]} = {value.shape.format(*(_text(part, names) for part in value.parts))}"


def _text(value: object, names: dict[Symbol, str]) -> str:
    return names[value] if isinstance(value, Symbol) else repr(value)
