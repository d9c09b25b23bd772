"""How a model's raw answers came to be scores, and how far they can be taken at their word."""

from __future__ import annotations

from dataclasses import dataclass

from upi_risk.domain.meaning import AS_IT_IS, Meaning
from upi_risk.domain.operating_points import BreakEven, OperatingPoints, ScaleWishes
from upi_risk.domain.reliability import Reliability


@dataclass(frozen=True, slots=True)
class Scaling:
    """The way from raw answers to scores.

    Attributes:
        wishes: what it was made for.
        meaning: what came of it.
        period: of payments, later than those a model for the purpose was grown on, that it was fitted to; all of them
            within the training period. Empty where there was none.
        rows: payments in it.
        frauds: of these, known as fraud when the test began.
        points: where VERIFY and BLOCK begin; None where there is no scale.
        break_evens: by amount.
        notes: what could not be done and why, a sentence each.
        before: raw answers held against the outcomes of the test.
        after: the same of calibrated ones.
    """

    wishes: ScaleWishes
    meaning: Meaning = AS_IT_IS
    period: str = ""
    rows: int = 0
    frauds: int = 0
    points: OperatingPoints | None = None
    break_evens: tuple[BreakEven, ...] = ()
    notes: tuple[str, ...] = ()
    before: Reliability | None = None
    after: Reliability | None = None
