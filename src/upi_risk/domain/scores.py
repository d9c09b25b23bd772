"""Trust of a payer and reputation of a receiver: two shrunken shares of payments that went well.

Written with ``+ - * /`` alone, so that the same lines compute on numbers and on columns.
"""

from __future__ import annotations

from typing import Any, Final

Value = Any
"""A number, or a column of numbers."""

TRUST_PRIOR_GOOD: Final = 10
TRUST_PRIOR_BAD: Final = 10
TRUST_REPORT_WEIGHT: Final = 10

REPUTATION_PRIOR_GOOD: Final = 2
REPUTATION_PRIOR_BAD: Final = 1
REPUTATION_REPORT_WEIGHT: Final = 10


def trust_score(good: Value, reports: Value) -> Value:
    """How far a payer's account can be relied on, 0 to 100; 50 for a new one.

    Args:
        good: the payer's matured payments that stayed unreported; see ``TrackRecord.good``.
        reports: the payer's own fraud reports of the last week: an account that was just abused may be still.
    """
    kept = TRUST_PRIOR_GOOD + good
    return 100.0 * kept / (kept + TRUST_PRIOR_BAD + TRUST_REPORT_WEIGHT * reports)


def receiver_reputation(good: Value, reports: Value) -> Value:
    """How well payments to a receiver turned out, 0 to 1; two thirds for one nobody has paid or reported.

    Args:
        good: matured payments to the receiver that stayed unreported.
        reports: fraud reports against it in the last week; each weighs like ten good payments, since about half of
            all frauds are never reported (domain facts, section 2.3) and a receiver that cheats does so in bursts.
    """
    kept = REPUTATION_PRIOR_GOOD + good
    return kept / (kept + REPUTATION_PRIOR_BAD + REPUTATION_REPORT_WEIGHT * reports)
