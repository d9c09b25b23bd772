"""From the body of a check to the payment it is about."""

from __future__ import annotations

from typing import Final

from upi_risk.domain.errors import InvalidInputError
from upi_risk.domain.payment import Payment, upi_id
from upi_risk.entrypoints.http.amounts import paise
from upi_risk.entrypoints.http.headers import checked_key
from upi_risk.entrypoints.http.schemas import CheckBody
from upi_risk.entrypoints.http.use_cases import UseCases

_LONGEST_USER_ID: Final = 64


class PaymentMaker:
    """Makes payments, each with a name and an instant of its own."""

    def __init__(self, use_cases: UseCases) -> None:
        self._now = use_cases.clock.now
        self._new_id = use_cases.identities.transaction_id

    def __call__(self, body: CheckBody, sent_key: bytes | None) -> Payment:
        """The payment.

        Args:
            body: what was asked.
            sent_key: the value of the Idempotency-Key header; None if it was not sent.

        Raises:
            InvalidInputError: a field is not as it must be.
        """
        if not body.user_id:
            raise InvalidInputError("user_id", "too_short")
        if len(body.user_id) > _LONGEST_USER_ID:
            raise InvalidInputError("user_id", "too_long")
        now = self._now()
        return Payment(
            transaction_id=self._new_id(now),
            user_id=body.user_id,
            receiver=upi_id(body.receiver_upi),
            amount_paise=paise(body.amount),
            at=now,
            idempotency_key=checked_key(sent_key, body.transaction_id),
        )
