"""A book of rules as TOML or JSON."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Annotated, Any, Final, Literal

import msgspec

from upi_risk.domain.decision import Decision
from upi_risk.domain.errors import InvalidRulesError
from upi_risk.domain.rules import OPERATORS, AllOf, AnyOf, Compare, Condition, NotThat, Rule, RuleBook

LARGEST: Final = 256 * 1024
"""Characters of a document."""

Number = int | float | bool
Parts = Annotated[list["ConditionPart"], msgspec.Meta(min_length=1)]


class ConditionPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"no": "not"}):
    """A comparison (``fact`` and one operator), or one of ``all``, ``any`` and ``not``."""

    fact: str | None = None
    over: Number | None = None
    at_least: Number | None = None
    under: Number | None = None
    at_most: Number | None = None
    equals: Number | None = None
    all: Parts | None = None
    any: Parts | None = None
    no: ConditionPart | None = None

    def value(self, where: str) -> Condition:
        """The condition.

        Raises:
            InvalidRulesError: it says none, or more than one thing.
        """
        said = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if said == ["all"] and self.all:
            return AllOf(tuple(part.value(where) for part in self.all))
        if said == ["any"] and self.any:
            return AnyOf(tuple(part.value(where) for part in self.any))
        if said == ["no"] and self.no:
            return NotThat(self.no.value(where))
        if self.fact is not None and len(said) == 2 and said[1] in OPERATORS:  # noqa: PLR2004 - a fact and its operator
            return Compare(self.fact, said[1], float(getattr(self, said[1])))
        raise InvalidRulesError(
            f"{where}: a condition is a fact with one of {', '.join(OPERATORS)}, or one of all, any, not."
        )


class RulePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule; all of ``when`` must hold."""

    code: str
    text: str
    decision: Literal["VERIFY", "BLOCK"]
    when: Parts
    hard: bool = False

    def value(self) -> Rule:
        """The rule."""
        parts = tuple(part.value(self.code[:40]) for part in self.when)
        when = parts[0] if len(parts) == 1 else AllOf(parts)
        return Rule(self.code, self.text, Decision(self.decision), when, self.hard)


class BookPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole document."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    rule: list[RulePart] = []


def read_book(document: str | None) -> RuleBook:
    """The book that a text says; None is the shipped one.

    Args:
        document: TOML, or JSON where it begins with a brace.

    Raises:
        InvalidRulesError: it says none; the message says where and why.
    """
    text = shipped_rules() if document is None else document
    if len(text) > LARGEST:
        raise InvalidRulesError(f"The document has more than {LARGEST:,} characters.")
    try:
        part = msgspec.convert(_plain(text), BookPart)
        return RuleBook(part.name, tuple(rule.value() for rule in part.rule))
    except (msgspec.MsgspecError, tomllib.TOMLDecodeError) as error:
        raise InvalidRulesError(f"The document does not say rules: {error}") from None
    except RecursionError:
        raise InvalidRulesError("The document is nested too deep.") from None


def shipped_rules() -> str:
    """The text of the book that comes with the product."""
    return (files(__package__) / "upi_rules.toml").read_text(encoding="utf-8")


def _plain(text: str) -> Any:  # noqa: ANN401 - whatever was written
    return msgspec.json.decode(text) if text.lstrip().startswith("{") else tomllib.loads(text)
