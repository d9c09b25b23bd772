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


@pytest.mark.parametrize(
    ("decision", "instead", "share"),
    [
        (Decision.VERIFY, Decision.ALLOW, 3.3 / (3.3 + 880 - 653)),
        (Decision.BLOCK, Decision.VERIFY, 151.7 / (151.7 + 653)),
        (Decision.BLOCK, Decision.ALLOW, 155 / (155 + 880)),
    ],
)
def test_a_decision_pays_from_the_probability_at_which_both_cost_the_same(
    decision: Decision, instead: Decision, share: float
) -> None:
    assert MODEL.pays_from(decision, instead, 1_000) == pytest.approx(share)

    def expected(which: Decision) -> float:
        return share * MODEL.cost(which, 1_000, fraud=True) + (1 - share) * MODEL.cost(which, 1_000, fraud=False)

    assert expected(decision) == pytest.approx(expected(instead))


def test_asking_about_a_small_payment_never_pays() -> None:
    assert MODEL.pays_from(Decision.VERIFY, Decision.ALLOW, 10) is None
    assert CostModel(verify_rupees=0, abandoned=0).pays_from(Decision.VERIFY, Decision.ALLOW, 10) == 0
