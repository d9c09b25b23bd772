"""What decisions cost, worked out by hand."""

import pytest

from upi_risk.domain.cost import CostModel
from upi_risk.domain.decision import Decision

MODEL = CostModel()


@pytest.mark.parametrize(
    ("decision", "fraud", "rupees"),
    [
        (Decision.ALLOW, False, 0),
        (Decision.ALLOW, True, 880),
        (Decision.VERIFY, False, 3.3),
        (Decision.VERIFY, True, 653),
        (Decision.BLOCK, False, 155),
        (Decision.BLOCK, True, 0),
    ],
)
def test_a_decision_on_a_thousand_rupees(decision: Decision, fraud: bool, rupees: float) -> None:
    assert MODEL.cost(decision, 1_000, fraud=fraud) == pytest.approx(rupees)
