"""What every row of a transactions file must keep, and what to do about one that does not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from upi_risk.adapters.polars.rows import Rule
from upi_risk.domain.indian_time import SECOND_US, epoch_us
from upi_risk.domain.stream import FileForm

LARGEST_PAISE: Final = 10**11
"""A thousand million rupees: beyond it an amount is taken for an error, and sums might leave exact arithmetic."""

LATEST_US: Final = 7_258_118_400 * SECOND_US
"""The year 2200: a time beyond it, or before 1970, is taken for an error."""

EARLIER: Final = pl.col("at_us") < pl.col("at_us").shift(1)
"""Whether a row is earlier than the one above it."""

_A_TIME: Final = "write times as 2026-01-31 13:45:00 (UTC), or with their zone as 2026-01-31 13:45:00+05:30"
_A_ZONE: Final = "check the clock and the zone (a time without one is UTC), or leave the row out"
_AN_AMOUNT: Final = "write rupees as 1234.50, without commas and signs of currency"
_ORDER: Final = "mend the times, or leave the row out"


def row_rules(present: Sequence[str], form: FileForm) -> list[Rule]:
    """The rules for a table, in the order they are tried.

    Args:
        present: which known columns it has.
        form: the present, and whether it must be in order.
    """
    at, paise = pl.col("at_us"), pl.col("amount_paise")
    id_missing = "give it the id, or leave the row out"
    rules = [
        Rule(at.is_null(), "has no {} that can be read", "event_time", _A_TIME),
        Rule(~at.is_between(0, LATEST_US), "has an {} before 1970 or after 2200", "event_time", _ORDER),
        Rule(pl.col("user_id").is_null(), "has no {}", "user_id", id_missing),
        Rule(pl.col("receiver_id").is_null(), "has no {}", "receiver_id", id_missing),
        Rule(paise.is_null(), "has no {} that can be read as a number", "amount", _AN_AMOUNT),
        Rule(paise < 0, "has a negative {}", "amount", "leave refunds and reversals out"),
        Rule(paise > LARGEST_PAISE, "has an {} above 1,000,000,000 rupees", "amount", "check that it is rupees"),
        Rule(
            pl.col("is_fraud").is_null(),
            "has an {} that is neither 0 nor 1",
            "is_fraud",
            "write 0 or 1, false or true",
        ),
    ]
    if form.strict_order:
        told = "has an {} before that of the row above it"
        rules.append(Rule(EARLIER, told, "event_time", "sort the file, or leave --strict-order out"))
    latest = None if form.now is None else epoch_us(form.now)
    if latest is not None:
        rules.append(Rule(at > latest, "has an {} in the future", "event_time", _A_ZONE))
    for name, short in (("settled_at", "settled_us"), ("reported_at", "reported_us")):
        if name in present:
            broken = pl.col(f"has_{name}") & (pl.col(short).is_null() | (pl.col(short) > LATEST_US))
            rules += [
                Rule(broken, "has a {} that cannot be read", name, _A_TIME),
                Rule(pl.col(short) < at, "has a {} before its event_time", name, _ORDER),
            ]
            if latest is not None:
                rules.append(Rule(pl.col(short) > latest, "has a {} in the future", name, _A_ZONE))
    if "signed_up_at" in present:
        signed_up = pl.col("signed_up_us")
        unread = signed_up.is_null() | (signed_up < 0)
        rules += [
            Rule(unread, "has no {} that can be read", "signed_up_at", _A_TIME),
            Rule(signed_up > at, "has a {} after its event_time", "signed_up_at", _ORDER),
        ]
    if "login_count" in present:
        few = ~pl.col("login_count").is_between(1, 2**31).fill_null(value=False)
        rules.append(Rule(few, "has no {} of 1 or more", "login_count", "count the sign-ins, or drop the column"))
    return rules
