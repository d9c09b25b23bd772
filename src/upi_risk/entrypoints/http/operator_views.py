"""From the domain to what operators see: personal data is masked here."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from msgspec import structs

from upi_risk.application.list_models import Listed
from upi_risk.application.review import Case
from upi_risk.domain.lists import Kind, ListEntry
from upi_risk.domain.masking import masked_name, masked_phone, masked_upi_id
from upi_risk.domain.payment import UpiId
from upi_risk.domain.person import Profile
from upi_risk.domain.review import Review
from upi_risk.domain.rules import AllOf, Compare, Condition, NotThat
from upi_risk.domain.ruling import RuleSet
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.operator_schemas import (
    CaseDetail,
    CaseView,
    EntryView,
    ModelView,
    PayerView,
    ReviewView,
    RulesView,
    RuleView,
)
from upi_risk.entrypoints.http.schemas import TransactionView
from upi_risk.entrypoints.http.views import transaction_detail, transaction_view

MOST_ENTRIES: Final = 200


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


def rules_view(rules: RuleSet | None, at: datetime) -> RulesView:
    """Rules, and the entries of lists that count at an instant, those added last first."""
    if rules is None:
        return RulesView(None, [], 0, [])
    told = [RuleView(rule.code, rule.text, rule.decision, rule.hard, in_words(rule.when)) for rule in rules.book.rules]
    counting = [entry for entry in rules.lists.entries if entry.counts(at)]
    return RulesView(rules.version, told, len(counting), [_entry(each) for each in counting[: -MOST_ENTRIES - 1 : -1]])


def in_words(condition: Condition) -> str:
    """A condition, as ``account_age under 1 and day_total over 5000``."""
    if isinstance(condition, Compare):
        return f"{condition.fact} {condition.operator.replace('_', ' ')} {condition.value:.12g}"
    if isinstance(condition, NotThat):
        return f"not ({in_words(condition.of)})"
    joint = " and " if isinstance(condition, AllOf) else " or "
    parts = [in_words(part) if isinstance(part, Compare | NotThat) else f"({in_words(part)})" for part in condition.of]
    return joint.join(parts)


def _entry(entry: ListEntry) -> EntryView:
    subject = masked_upi_id(UpiId(entry.subject)) if entry.kind is Kind.RECEIVER else entry.subject
    return EntryView(entry.side, entry.kind, subject, entry.reason, entry.author, entry.added_at, entry.expires_at)


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
