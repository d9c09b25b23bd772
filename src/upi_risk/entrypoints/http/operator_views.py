"""From the domain to what operators see: personal data is masked here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import structs

from upi_risk.application.list_models import Listed
from upi_risk.application.review import Case
from upi_risk.domain.masking import masked_name, masked_phone, masked_upi_id
from upi_risk.domain.person import Profile
from upi_risk.domain.review import Review
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.operator_schemas import CaseDetail, CaseView, ModelView, PayerView, ReviewView
from upi_risk.entrypoints.http.schemas import TransactionView
from upi_risk.entrypoints.http.views import transaction_detail, transaction_view


def _masked(view: TransactionView, transaction: Transaction) -> dict[str, Any]:
    return structs.asdict(view) | {"receiver_upi": masked_upi_id(transaction.payment.receiver)}


def case_view(transaction: Transaction) -> CaseView:
    """A payment to be reviewed."""
    return CaseView(**_masked(transaction_view(transaction), transaction), user_id=transaction.payment.user_id)


def case_detail(case: Case, at: datetime) -> CaseDetail:
    """A payment with all that its answer came from, its payer as of an instant, and what was found."""
    detail = _masked(transaction_detail(case.transaction), case.transaction)
    review = None if case.review is None else review_view(case.review)
    return CaseDetail(**detail, payer=_payer(case.payer, at), review=review)


def review_view(review: Review) -> ReviewView:
    """A finding."""
    return ReviewView(review.finding, review.reviewer, review.at, review.note)


def model_view(listed: Listed) -> ModelView:
    """A model."""
    sheet = listed.sheet
    if sheet is None:
        return ModelView(listed.version, listed.serving, readable=False)
    return ModelView(
        listed.version,
        listed.serving,
        readable=True,
        feature_set=sheet.card.feature_set,
        split=sheet.split,
        figures=dict(sheet.figures),
    )


def _payer(known: Profile, at: datetime) -> PayerView:
    user = known.user
    return PayerView(
        user_id=user.user_id,
        name=masked_name(known.name),
        phone=masked_phone(known.phone),
        created_at=user.created_at,
        trust_score=round(user.trust_score(at), 2),
        transaction_count=user.transaction_count,
    )
