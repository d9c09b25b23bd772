"""Rules that every row must keep, and the sentence that names the first that does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from upi_risk.domain.errors import UnusableDataError


@dataclass(frozen=True, slots=True)
class Rule:
    """What must not be.

    Attributes:
        broken: true in a row that breaks the rule; null counts as kept.
        says: the rest of a sentence that begins with the row, ``{}`` standing for the column.
        column: our name of it.
        do: what to do about it.
    """

    broken: pl.Expr
    says: str
    column: str
    do: str


def refuse_broken_rows(frame: pl.DataFrame, rules: Sequence[Rule], name: str, columns: Mapping[str, str]) -> None:
    """Refuse a table with a row that breaks a rule.

    Args:
        frame: has a column ``row`` with each row's number, ascending.
        rules: tried in order.
        name: what to call the table.
        columns: the file's names of columns, by ours, where they differ.

    Raises:
        UnusableDataError: the first broken rule, its first row and how many more there are.
    """
    broken = [rule.broken.sum().alias(str(index)) for index, rule in enumerate(rules)]
    for rule, count in zip(rules, frame.select(broken).row(0), strict=True):
        if count:
            row: int = frame.filter(rule.broken).item(0, "row")
            more = f" (and {count - 1:,} more)" if count > 1 else ""
            theirs = columns.get(rule.column)
            column = rule.column if theirs is None else f"{rule.column} (its column {theirs})"
            told = f"Row {row:,}{more} of {name} {rule.says.format(column)}; {rule.do}."
            raise UnusableDataError(f"{told} The first row after the header is row 1.")
