"""The use cases wired over memory, for tests of what they do together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.builders import NOON, SHOP, a_user
from tests.doubles import AmountScorer
from upi_risk.adapters.memory import (
    ManualClock,
    MemoryApiKeys,
    MemoryAuditLog,
    MemoryCases,
    MemoryErasure,
    MemoryFigures,
    MemoryHistory,
    MemoryLabels,
    MemoryLedger,
    MemoryRoles,
    MemorySessions,
    MemorySignIns,
    MemorySnapshotCache,
    MemoryStore,
    MemoryUsers,
    SeededIdentities,
)
from upi_risk.application.amend import AmendHistory
from upi_risk.application.audited_sign_ins import AuditedSignIns
from upi_risk.application.check_transaction import CheckTransaction
from upi_risk.application.decide import Answer, Decide
from upi_risk.application.erase_user import EraseUser
from upi_risk.application.log_in import AdmitUser, LogIn
from upi_risk.application.look_up import LookUp
from upi_risk.application.manage_access import ManageKeys, People, SetRole
from upi_risk.application.note import NoteDeeds
from upi_risk.application.outcomes import ConfirmTransaction, ReportFraud
from upi_risk.application.overview import LookAtReceiver, ShowOverview
from upi_risk.application.patience import Patience
from upi_risk.application.recognise import Recognise, RecogniseServices
from upi_risk.application.record_label import RecordLabel, ReportByPayer
from upi_risk.application.review import ReviewTransaction, ShowCases
from upi_risk.application.sign_ins import EndSignIns, RefreshTokens
from upi_risk.application.sign_up import SignUp
from upi_risk.application.snapshots import LoadSnapshot
from upi_risk.application.tokens import Authenticate, IssueTokens, Lifetimes
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.person import PhoneKeys, Profile
from upi_risk.domain.policy import SANDBOX, RiskPolicy
from upi_risk.domain.ports import Ledger, SnapshotCache
from upi_risk.domain.ruling import RulesInForce
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import User

PHONES = PhoneKeys("a key of the tests, and of nobody else")


@dataclass
class MemoryHouse:
    """Everything in memory; ``ledger`` and ``cache`` may be replaced by ones that misbehave, before first use."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    identities: SeededIdentities = field(default_factory=lambda: SeededIdentities(7))
    store: MemoryStore = field(default_factory=MemoryStore)
    scorer: AmountScorer = field(default_factory=AmountScorer)
    ledger: Ledger | None = None
    cache: SnapshotCache | None = None

    def __post_init__(self) -> None:
        self.ledger = self.ledger or MemoryLedger(self.store)
        self.cache = self.cache or MemorySnapshotCache(self.clock)
        self.users = MemoryUsers(self.store, PHONES)
        self.history = MemoryHistory(self.store)
        self.sessions = MemorySessions(self.store)
        self.load = LoadSnapshot(self.ledger, self.cache)
        self.decide = Decide(self.scorer, RiskPolicy(forced=SANDBOX))
        self.check = CheckTransaction(self.load, self.decide, self.ledger, self.cache)
        self.amend = AmendHistory(self.ledger, self.cache)
        self.confirm = ConfirmTransaction(self.history, self.clock, self.amend)
        self.roles = MemoryRoles(self.store)
        self.keys = MemoryApiKeys(self.store)
        self.all_cases = MemoryCases(self.store)
        self.report = ReportFraud(self.history, self.clock, self.amend, self.ledger, self.cache)
        labels = MemoryLabels(self.store)
        self.report_by_payer = ReportByPayer(labels, self.history, self.report, self.clock)
        record = RecordLabel(labels, self.history, self.report, self.amend, self.clock)
        self.audit = MemoryAuditLog(self.store)
        self.note = NoteDeeds(self.audit, Patience(60, 60))
        self.sign_ins = AuditedSignIns(MemorySignIns(self.store, PHONES), self.note)
        issue = IssueTokens(self.sign_ins, self.identities, Lifetimes())
        self.refresh = RefreshTokens(self.sign_ins, self.identities, self.clock, Lifetimes())
        self.end_sign_ins = EndSignIns(self.sessions, self.sign_ins, self.clock)
        self.sign_up = SignUp(self.identities, self.clock, issue, PHONES)
        self.admit = AdmitUser(self.users, self.clock, self.amend, issue)
        self.log_in = LogIn(self.users, self.admit)
        self.authenticate = Authenticate(self.sessions, self.clock)
        self.look_up = LookUp(self.users, self.ledger, self.history)
        self.services = RecogniseServices(self.keys, self.clock)
        self.recognise = Recognise(self.authenticate, self.services, self.roles)
        self.cases = ShowCases(self.all_cases, self.users, self.ledger)
        self.in_force = RulesInForce(RiskPolicy(forced=SANDBOX))
        self.figures = MemoryFigures()
        self.overview = ShowOverview(self.scorer, self.in_force, self.figures)
        self.look_at_receiver = LookAtReceiver(self.ledger)
        self.review = ReviewTransaction(self.all_cases, self.clock, record, self.note)
        people = People(self.users, self.ledger)
        self.set_role = SetRole(people, self.roles, self.clock, self.note)
        self.manage_keys = ManageKeys(self.keys, self.identities, self.clock, self.note)
        erasure = MemoryErasure(self.store)
        self.erase = EraseUser(people, MemorySignIns(self.store, PHONES), erasure, self.cache, self.clock, self.note)

    def set_clock(self, at: datetime) -> None:
        """Make it this time, later or earlier than it was."""
        self.clock.advance(at - self.clock.now())

    async def a_user(self, **fields: Any) -> User:  # noqa: ANN401 - a keyword may be any field
        """A user who is stored."""
        user = a_user(**fields)
        await self.users.add(user)
        return user

    def payment(
        self, user: User | Profile | str, rupees: float = 500, receiver: str = SHOP, key: str | None = None
    ) -> Payment:
        """A question asked now."""
        at = self.clock.now()
        user_id = user if isinstance(user, str) else user.user_id
        return Payment(self.identities.transaction_id(at), user_id, UpiId(receiver), round(rupees * 100), at, key)

    async def answer(self, payment: Payment) -> Transaction:
        """The transaction of one payment, which must not be refused."""
        (answer,) = await self.check([payment])
        assert isinstance(answer, Transaction), answer
        return answer

    async def answers(self, *payments: Payment) -> list[Answer]:
        """A batch."""
        return await self.check(payments)
