"""From the domain to the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from upi_risk.application.tokens import Tokens
from upi_risk.domain.feature_sets import names_of
from upi_risk.domain.person import Profile as Known
from upi_risk.domain.sign_in import Family
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.amounts import rupees
from upi_risk.entrypoints.http.schemas import (
    CheckAnswer,
    FactorView,
    NewTokens,
    Profile,
    SignedIn,
    SignInList,
    SignInView,
    TransactionDetail,
    TransactionView,
)

_DAY: Final = timedelta(days=1)


def _profile(known: Known, at: datetime) -> dict[str, Any]:
    user = known.user
    return {
        "user_id": user.user_id,
        "name": known.name,
        "phone": known.phone,
        "trust_score": round(user.trust_score(at), 2),
        "login_count": user.login_count,
        "transaction_count": user.transaction_count,
        "avg_amount": rupees(round(user.average_paise)),
        "account_age": round(max(user.age(at) / _DAY, 0.0), 4),
        "created_at": user.created_at,
        "last_login_at": user.last_login_at,
        "last_transaction_at": user.last_settled_at,
    }


def profile(known: Known, at: datetime) -> Profile:
    """A user as of an instant."""
    return Profile(**_profile(known, at))


def signed_in(known: Known, tokens: Tokens, at: datetime) -> SignedIn:
    """A user with new tokens."""
    return SignedIn(
        **_profile(known, at),
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        token_type="Bearer",  # noqa: S106 - the name of a scheme
        expires_in=int(tokens.expires_in.total_seconds()),
        token=tokens.access,
    )


def new_tokens(tokens: Tokens) -> NewTokens:
    """Tokens without the user."""
    return NewTokens(
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        token_type="Bearer",  # noqa: S106 - the name of a scheme
        expires_in=int(tokens.expires_in.total_seconds()),
        token=tokens.access,
    )


def sign_in_list(own: str, families: Iterable[Family]) -> SignInList:
    """Sign-ins, of which one is the caller's; their names stay inside."""
    return SignInList(
        [
            SignInView(held.created_at, held.renewed_at, min(held.expires_at, held.ends_at), held.name == own)
            for held in families
        ]
    )


def check_answer(transaction: Transaction) -> CheckAnswer:
    """The answer to a payment."""
    assessment = transaction.assessment
    return CheckAnswer(
        risk_level=assessment.level,
        risk_score_numeric=assessment.score,
        factors=[factor.text for factor in assessment.factors],
        decision=assessment.decision,
        confidence=assessment.confidence,
        transaction_id=transaction.payment.transaction_id,
    )


def _transaction(transaction: Transaction) -> dict[str, Any]:
    payment, assessment = transaction.payment, transaction.assessment
    return {
        "transaction_id": payment.transaction_id,
        "receiver_upi": payment.receiver,
        "amount": rupees(payment.amount_paise),
        "created_at": payment.at,
        "risk_level": assessment.level,
        "risk_score_numeric": assessment.score,
        "decision": assessment.decision,
        "confidence": assessment.confidence,
        "factors": [factor.text for factor in assessment.factors],
        "status": transaction.status,
        "settled_at": transaction.settled_at,
        "reported_at": transaction.reported_at,
    }


def transaction_view(transaction: Transaction) -> TransactionView:
    """A transaction as a list shows it."""
    return TransactionView(**_transaction(transaction))


def transaction_detail(transaction: Transaction) -> TransactionDetail:
    """A transaction with what its answer came from."""
    assessment = transaction.assessment
    return TransactionDetail(
        **_transaction(transaction),
        features=dict(zip(names_of(transaction.features), transaction.features, strict=True)),
        factor_details=[FactorView(factor.code, factor.text) for factor in assessment.factors],
        model_version=assessment.model_version,
        policy_version=assessment.policy_version,
        probability=assessment.probability,
    )
