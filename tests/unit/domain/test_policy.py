"""Levels, decisions, factors, confidence, and which model may serve."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, SHOP, a_payment, a_receiver, a_session, a_transaction, a_user, later
from upi_risk.domain.calibration import BaseRate, Calibration
from upi_risk.domain.decision import Decision, Level
from upi_risk.domain.errors import IdempotencyKeyReusedError, ModelRejectedError, OutcomeConflictError
from upi_risk.domain.factors import MOST_FACTORS, explain
from upi_risk.domain.facts import facts_of
from upi_risk.domain.features import MISSING, NAMES, Vector, fingerprint, vector
from upi_risk.domain.meaning import Meaning
from upi_risk.domain.model import Canary, ConfidenceCurve, ModelCard, Scored
from upi_risk.domain.payment import UpiId
from upi_risk.domain.policy import SANDBOX, RiskPolicy
from upi_risk.domain.score_scale import ScoreScale
from upi_risk.domain.session import TokenKind
from upi_risk.domain.transaction import Status
from upi_risk.domain.user import Payee

CURVE = ConfidenceCurve(edges=(0.1, 0.5, 1.0), fraud_rates=(0.01, 0.3, 0.9))
CARD = ModelCard("v9", "baseline", NAMES, fingerprint(), "ab", CURVE, (Canary((0.0,) * 14, 0.25),))


def first_payment() -> Vector:
    user = a_user()
    return vector(facts_of(user, Payee(user.user_id, SHOP), a_receiver(), 500_00, later(seconds=1)))


def named(**values: float) -> Vector:
    usual = {
        "login_count": 5.0, "transaction_count": 50.0, "trust_score": 80.0, "account_age": 60.0, "amount": 500.0,
        "avg_amount": 500.0, "amount_ratio": 1.0, "is_large_amount": 0.0, "is_known_receiver": 1.0,
        "receiver_reputation": 0.97, "is_first_time": 0.0, "hour_of_day": 12.0, "day_of_week": 1.0,
        "time_since_last_txn": 40_000.0,
    }  # fmt: skip
    return tuple((usual | values)[name] for name in NAMES)


def contributions(**parts: float) -> tuple[float, ...]:
    return tuple(parts.get(name, 0.0) for name in NAMES)


@pytest.mark.parametrize(
    ("score", "level", "decision"),
    [
        (0.0, Level.LOW, Decision.ALLOW),
        (0.3499, Level.LOW, Decision.ALLOW),
        (0.35, Level.MEDIUM, Decision.VERIFY),
        (0.65, Level.MEDIUM, Decision.VERIFY),
        (0.6501, Level.HIGH, Decision.BLOCK),
        (1.0, Level.HIGH, Decision.BLOCK),
    ],
)
def test_the_levels_begin_where_the_guide_says(score: float, level: Level, decision: Decision) -> None:
    assessment = RiskPolicy().assess(SHOP, first_payment(), Scored(score, contributions(amount=1.0)), CARD)
    assert (assessment.level, assessment.decision) == (level, decision)


@given(st.floats(0, 1))
def test_the_level_is_the_one_of_the_score_that_is_shown(probability: float) -> None:
    policy = RiskPolicy()
    assessment = policy.assess(SHOP, first_payment(), Scored(probability, contributions(amount=1.0)), CARD)
    assert assessment.score == round(assessment.score, 4)
    assert assessment.level is policy.level(assessment.score)
    assert 0.5 <= assessment.confidence <= 1.0


def test_confidence_is_rounded_down_so_that_nothing_is_called_certain() -> None:
    nearly = replace(CARD, confidence=ConfidenceCurve((1.0,), (0.0015,)))
    scored = Scored(0.2, contributions(amount=1.0))
    assert RiskPolicy().assess(SHOP, first_payment(), scored, nearly).confidence == 0.99


def test_the_score_is_on_the_scale_of_the_card_and_the_probability_is_kept() -> None:
    calibration, base_rate = Calibration(1.0, 1.0, -1.0), BaseRate(0.01, 0.001)
    meaning = Meaning(calibration, base_rate, ScoreScale(((0.002, 0.35), (0.05, 0.65))))
    scored = Scored(0.25, contributions(amount=1.0))
    assessment = RiskPolicy().assess(SHOP, first_payment(), scored, replace(CARD, meaning=meaning))
    assert assessment.probability == base_rate(calibration(0.25)) == pytest.approx(0.0120, abs=1e-4)
    assert assessment.score == round(meaning.score(assessment.probability), 4)
    assert assessment.level is Level.MEDIUM
    assert meaning.scores([0.25]) == [meaning.score(assessment.probability)]


def test_without_a_scale_the_model_s_answer_is_score_and_probability() -> None:
    assessment = RiskPolicy().assess(SHOP, first_payment(), Scored(0.123456, contributions(amount=1.0)), CARD)
    assert (assessment.score, assessment.probability) == (0.1235, 0.123456)


def test_a_test_receiver_has_no_probability() -> None:
    scored = Scored(0.2, contributions(amount=1.0))
    assert RiskPolicy(forced=SANDBOX).assess(UpiId("low@test"), first_payment(), scored, CARD).probability is None


def test_every_answer_names_its_model_and_policy() -> None:
    assessment = RiskPolicy().assess(SHOP, first_payment(), Scored(0.2, contributions(amount=1.0)), CARD)
    assert (assessment.model_version, assessment.policy_version) == ("v9", "p1")


@pytest.mark.parametrize(("receiver", "level"), [("low@test", "LOW"), ("medium@test", "MEDIUM"), ("high@test", "HIGH")])
def test_test_receivers_get_their_level_whatever_the_model_says_but_only_where_allowed(
    receiver: str, level: str
) -> None:
    scored = Scored(0.99 if level == "LOW" else 0.01, contributions(amount=1.0))
    forced = RiskPolicy(forced=SANDBOX).assess(UpiId(receiver), first_payment(), scored, CARD)
    assert forced.level == level == RiskPolicy().level(forced.score)
    assert forced.factors[0].text == f"Test receiver: always {level}"
    assert RiskPolicy().assess(UpiId(receiver), first_payment(), scored, CARD).level != level or level == "MEDIUM"


def test_factors_come_in_the_order_of_what_moved_the_score() -> None:
    parts = contributions(amount_ratio=1.0, is_large_amount=0.5, is_first_time=2.0, receiver_reputation=-0.4)
    values = named(amount_ratio=3.2, is_first_time=1.0, is_known_receiver=0.0, is_large_amount=1.0)
    factors = explain(values, parts, Level.HIGH)
    assert [factor.text for factor in factors] == [
        "First-time receiver",
        "Large amount: about 3.2 times your usual payment",
    ]
    assert [factor.contribution for factor in factors] == [2.0, 1.5]


def test_an_allowed_payment_is_told_what_spoke_for_it() -> None:
    factors = explain(named(), contributions(is_known_receiver=-2.0, receiver_reputation=-1.0), Level.LOW)
    assert [factor.text for factor in factors] == [
        "You have paid this receiver before and all went well",
        "Receiver with a good record",
    ]


def test_a_stopped_payment_always_gets_a_reason() -> None:
    assert len(explain(named(), contributions(amount=-1.0), Level.MEDIUM)) == 1
    assert len(explain(named(), contributions(), Level.HIGH)) >= 1


@pytest.mark.parametrize(
    ("feature", "values", "text"),
    [
        ("amount", {"amount_ratio": MISSING}, "No earlier payment to compare the amount with"),
        ("amount", {"amount_ratio": MISSING, "is_large_amount": 1.0}, "Large amount"),
        ("amount", {"amount_ratio": 2.0}, "About 2.0 times your usual payment"),
        ("amount", {"amount_ratio": 1.2, "is_large_amount": 1.0}, "Large amount"),
        ("amount", {"amount_ratio": 0.2}, "Amount below your usual payment"),
        ("amount", {}, "Amount close to your usual payment"),
        ("is_first_time", {"is_known_receiver": 0.0}, "You have only lately begun to pay this receiver"),
        ("receiver_reputation", {"receiver_reputation": 0.5}, "Payments to this receiver were reported as fraud"),
        ("receiver_reputation", {"receiver_reputation": 0.9}, "Receiver with a short or mixed record"),
        ("account_age", {"account_age": 2.0}, "New account"),
        ("account_age", {"transaction_count": 2.0}, "Few payments made so far"),
        ("account_age", {}, "Account with a history"),
        ("trust_score", {"trust_score": 30.0}, "Fraud was lately reported on your account"),
        ("trust_score", {"trust_score": 50.0}, "No record of how your payments turned out yet"),
        ("trust_score", {}, "Your recent payments went well"),
        ("hour_of_day", {"hour_of_day": 3.0}, "Unusual hour"),
        ("hour_of_day", {}, "Time of the day and week"),
        ("time_since_last_txn", {"time_since_last_txn": MISSING}, "First payment from this account"),
        ("time_since_last_txn", {"time_since_last_txn": 60.0}, "Soon after your last payment"),
        ("time_since_last_txn", {"time_since_last_txn": 900_000.0}, "A long time since your last payment"),
        ("time_since_last_txn", {}, "Usual time since your last payment"),
    ],
)
def test_each_sentence_is_true_of_the_payment(feature: str, values: dict[str, float], text: str) -> None:
    assert explain(named(**values), contributions(**{feature: 1.0}), Level.MEDIUM)[0].text == text


@given(st.lists(st.floats(-5, 5), min_size=14, max_size=14), st.sampled_from(Level))
def test_there_are_one_to_three_factors_and_those_of_a_stopped_payment_speak_against_it(
    parts: list[float], level: Level
) -> None:
    factors = explain(first_payment(), parts, level)
    assert 1 <= len(factors) <= MOST_FACTORS
    sizes = [abs(factor.contribution) for factor in factors]
    assert sizes == sorted(sizes, reverse=True)
    if level is not Level.LOW and any(factor.contribution > 0 for factor in factors):
        assert all(factor.contribution > 0 for factor in factors)


@pytest.mark.parametrize(("score", "sure"), [(0.0, 0.99), (0.1, 0.99), (0.3, 0.7), (0.5, 0.7), (0.51, 0.9), (1.0, 0.9)])
def test_confidence_is_what_held_out_payments_with_such_a_score_were(score: float, sure: float) -> None:
    assert CURVE.at(score) == sure


def test_a_model_serves_only_with_its_own_file_and_these_features() -> None:
    CARD.require_fit("ab")
    for card, sha256 in [
        (CARD, "cd"),
        (replace(CARD, fingerprint="0"), "ab"),
        (replace(CARD, features=NAMES[::-1]), "ab"),
        (replace(CARD, canaries=()), "ab"),
    ]:
        with pytest.raises(ModelRejectedError):
            card.require_fit(sha256)


@pytest.mark.parametrize("probability", [0.2501, float("nan")])
def test_a_model_that_scores_its_canaries_otherwise_does_not_serve(probability: float) -> None:
    CARD.require_canaries([0.25])
    with pytest.raises(ModelRejectedError):
        CARD.require_canaries([probability])


def test_only_a_pending_payment_takes_an_outcome_and_the_same_one_may_come_again() -> None:
    for decision in (Decision.ALLOW, Decision.BLOCK):
        other = a_transaction(a_payment("U"), decision)
        with pytest.raises(OutcomeConflictError):
            other.outcome(confirmed=True, at=NOON)
        assert not other.has_outcome(confirmed=True)
    pending = a_transaction(a_payment("U"), Decision.VERIFY)
    settled, cancelled = pending.outcome(confirmed=True, at=NOON), pending.outcome(confirmed=False, at=NOON)
    assert (settled.status, settled.settled_at, cancelled.status) == (Status.SETTLED, NOON, Status.CANCELLED)
    assert settled.has_outcome(confirmed=True)
    assert cancelled.has_outcome(confirmed=False)
    assert not settled.has_outcome(confirmed=False)


def test_the_first_report_stands() -> None:
    once = a_transaction(a_payment("U")).reported(NOON)
    assert once.reported(later(days=1)) is once


def test_a_retry_gets_the_stored_answer_and_another_payment_under_the_key_none() -> None:
    stored = a_transaction(a_payment("U", idempotency_key="k"))
    assert stored.answer_to(replace(stored.payment, at=later(days=1), transaction_id="x")) is stored
    for other in (replace(stored.payment, amount_paise=1), replace(stored.payment, receiver=UpiId("x.y@upi"))):
        with pytest.raises(IdempotencyKeyReusedError):
            stored.answer_to(other)


def test_a_token_is_good_for_its_kind_and_until_it_expires() -> None:
    session = a_session("upa_x")
    assert session.opens(TokenKind.ACCESS, later(minutes=14))
    assert not session.opens(TokenKind.ACCESS, later(minutes=15))
    assert not session.opens(TokenKind.REFRESH, NOON)
