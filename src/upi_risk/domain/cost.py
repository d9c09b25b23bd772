"""What a decision costs in rupees, once it is known what the payment was."""

from __future__ import annotations

from dataclasses import dataclass

from upi_risk.domain.decision import Decision


@dataclass(frozen=True, slots=True)
class CostModel:
    """Assumptions, to be replaced by an operator's own.

    Attributes:
        recovered: the share of a stolen amount that comes back.
        verify_rupees: what asking costs.
        abandoned: the share of good payments that is given up when asked.
        margin_rupees: what a payment given up would have earned.
        verify_stops: the share of frauds that asking stops.
        block_rupees: what stopping a good payment costs, whatever its amount.
        block_share: and what it costs beside, as a share of the amount.
    """

    recovered: float = 0.12
    verify_rupees: float = 3.0
    abandoned: float = 0.03
    margin_rupees: float = 10.0
    verify_stops: float = 0.35
    block_rupees: float = 150.0
    block_share: float = 0.005

    def cost(self, decision: Decision, amount_rupees: float, *, fraud: bool) -> float:
        """What a decision on one payment cost, in rupees."""
        if decision is Decision.ALLOW:
            return amount_rupees * (1 - self.recovered) if fraud else 0.0
        if decision is Decision.VERIFY:
            lost = amount_rupees * (1 - self.verify_stops) if fraud else self.abandoned * self.margin_rupees
            return self.verify_rupees + lost
        return 0.0 if fraud else self.block_rupees + self.block_share * amount_rupees

    def pays_from(self, decision: Decision, instead: Decision, amount_rupees: float) -> float | None:
        """The probability of fraud from which on a decision is cheaper than another on a payment.

        Both costs are lines over the probability; they cross where ``p * gained = (1 - p) * lost``, with what the
        decision gains on a fraud and loses on a good payment.

        Returns:
            0 to 1; None where the decision gains nothing on a fraud.
        """
        gained = self.cost(instead, amount_rupees, fraud=True) - self.cost(decision, amount_rupees, fraud=True)
        lost = self.cost(decision, amount_rupees, fraud=False) - self.cost(instead, amount_rupees, fraud=False)
        if gained <= 0:
            return None
        return max(lost, 0.0) / (gained + max(lost, 0.0))
