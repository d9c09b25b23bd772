"""One user's history while events are added to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from upi_risk.domain.history import Change, FraudReport
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.receiver import ReceiverDelta
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User


@dataclass(slots=True)
class Draft:
    """The events of one user since a version, and the state they lead to; ends as a :class:`Change`.

    Attributes:
        user: the state so far.
        expected_version: the version the draft began with.
        payees: the pairs known or touched so far.
    """

    user: User
    expected_version: int
    payees: dict[UpiId, Payee] = field(default_factory=dict)
    _touched: dict[UpiId, Payee] = field(default_factory=dict)
    _added: list[Transaction] = field(default_factory=list)
    _amended: list[Transaction] = field(default_factory=list)
    _deltas: list[ReceiverDelta] = field(default_factory=list)
    _reports: list[FraudReport] = field(default_factory=list)

    @classmethod
    def of(cls, user: User) -> Draft:
        """A draft with nothing in it yet."""
        return cls(user, user.version)

    def foresight(self) -> Draft:
        """A draft to expect things in; what is expected in it is not expected here."""
        return Draft(self.user, self.expected_version, dict(self.payees))

    def expect(self, payment: Payment, *, allowed: bool) -> None:
        """Bring the state to where :meth:`decide` will bring it if the payment is allowed, or is not."""
        if allowed:
            self._settle(payment, payment.at, checked=True)
        else:
            self.user = self.user.checked(payment.at)

    def sign_in(self, at: datetime) -> None:
        """The user signed in."""
        self.user = self.user.signed_in(at)

    def decide(self, transaction: Transaction) -> None:
        """A payment was checked; if allowed, it happened at that instant."""
        self._added.append(transaction)
        if transaction.settled_at is None:
            self.user = self.user.checked(transaction.payment.at)
        else:
            self._settle(transaction.payment, transaction.settled_at, checked=True)

    def conclude(self, transaction: Transaction, at: datetime) -> None:
        """A payment to verify got its outcome (the transaction is as afterwards)."""
        self.user = self.user.moved(at)
        self._amended.append(transaction)
        if transaction.settled_at is not None:
            self._settle(transaction.payment, transaction.settled_at)

    def report(self, transaction: Transaction, at: datetime, source: str = "payer") -> None:
        """The user called a payment fraud (the transaction is as afterwards).

        Against the receiver's reputation a user counts once, with the first report, so that nobody alone ruins a name.
        """
        payment = transaction.payment
        self._amended.append(transaction)
        first = not self.payees[payment.receiver].disputed
        self._deltas.append(ReceiverDelta.reported(payment.receiver, payment.amount_paise, at, first=first))
        held = self.payees[payment.receiver]
        self.payees[payment.receiver] = self._touched[payment.receiver] = held.reported()
        self.user = self.user.reported(at, met=not held.exists)
        self._reports.append(FraudReport(payment.user_id, payment.transaction_id, payment.receiver, at, source))

    def clear(self, transaction: Transaction, at: datetime) -> None:
        """A payment that was called fraud turned out good (the transaction is as afterwards)."""
        self._amended.append(transaction)
        self.user = self.user.moved(at)

    def answer_to(self, key: str) -> Transaction | None:
        """The transaction decided in this draft under an idempotency key."""
        return next((held for held in self._added if held.payment.idempotency_key == key), None)

    def change(self) -> Change:
        """What the ledger has to apply."""
        return Change(
            user=self.user,
            expected_version=self.expected_version,
            payees=tuple(self._touched.values()),
            added=tuple(self._added),
            amended=tuple(self._amended),
            deltas=tuple(self._deltas),
            reports=tuple(self._reports),
        )

    def _settle(self, payment: Payment, at: datetime, *, checked: bool = False) -> None:
        held = self.payees[payment.receiver]
        fresh = held.settled_count == 0
        self.payees[payment.receiver] = self._touched[payment.receiver] = held.settled(at)
        self.user = self.user.settled(payment.amount_paise, at, fresh=fresh, met=not held.exists, checked=checked)
        self._deltas.append(ReceiverDelta.settled(payment.receiver, payment.amount_paise, at, fresh=fresh))
