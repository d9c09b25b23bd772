"""A history's facts in two voices besides Polars': the domain's fold, and an oracle that counts naively."""

from __future__ import annotations

from tests.builders import a_payment, a_transaction, a_user
from tests.parity.histories import History, Told
from upi_risk.domain.decision import Decision
from upi_risk.domain.draft import Draft
from upi_risk.domain.features import Facts
from upi_risk.domain.indian_time import DAY_US, IST_OFFSET_US, from_epoch_us
from upi_risk.domain.payment import UpiId
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.transaction import Transaction
from upi_risk.domain.user import Payee, User
from upi_risk.domain.wide_facts import WideFacts, wide_facts_of


class World:
    """All users, pairs and receivers, moved by one committed event after the other."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._users = [a_user(f"U{user}", at=from_epoch_us(at)) for user, at in enumerate(history.sign_ups)]
        self._payees: dict[tuple[int, str], Payee] = {}
        self._receivers: dict[str, Receiver] = {}
        self._transactions: dict[int, Transaction] = {}

    def facts(self) -> list[WideFacts]:
        """The facts of each payment, as the service would have seen them."""
        facts: dict[int, WideFacts] = {}
        for at, kind, index in _events(self._history):
            if kind == "login":
                user = self._history.logins[index][1]
                draft = Draft.of(self._users[user])
                draft.sign_in(from_epoch_us(at))
                self._users[user] = draft.user
                continue
            told = self._history.payments[index]
            if kind == "check":
                facts[index] = self._seen(told)
            self._apply(told, index, kind, at)
        return [facts[index] for index in range(len(self._history.payments))]

    def _seen(self, told: Told) -> WideFacts:
        user, at = self._users[told.user], from_epoch_us(told.at)
        assert user.instant(at) == at
        return wide_facts_of(user, self._payee(told), self._receiver(told.receiver), told.paise, at)

    def _apply(self, told: Told, index: int, kind: str, at: int) -> None:
        draft, instant = Draft.of(self._users[told.user]), from_epoch_us(at)
        draft.payees[UpiId(told.receiver)] = self._payee(told)
        if kind == "check":
            self._transactions[index] = _decided(told, draft.user)
            draft.decide(self._transactions[index])
        elif kind == "settle":
            self._transactions[index] = self._transactions[index].outcome(confirmed=True, at=instant)
            draft.conclude(self._transactions[index], instant)
        else:
            self._transactions[index] = self._transactions[index].reported(instant)
            draft.report(self._transactions[index], instant)
        self._users[told.user] = draft.user
        self._payees[told.user, told.receiver] = draft.payees[UpiId(told.receiver)]
        for delta in draft.change().deltas:
            self._receivers[delta.receiver] = self._receiver(delta.receiver).plus(delta)

    def _payee(self, told: Told) -> Payee:
        return self._payees.get((told.user, told.receiver), Payee(f"U{told.user}", UpiId(told.receiver)))

    def _receiver(self, name: str) -> Receiver:
        return self._receivers.get(name, Receiver(UpiId(name)))


def _events(history: History) -> list[tuple[int, str, int]]:
    """Instant, kind and index of each event; at one instant checks come first, for they see only what was before."""
    events = [(at, "login", index) for index, (at, _) in enumerate(history.logins)]
    for index, told in enumerate(history.payments):
        events.append((told.at, "check", index))
        if told.settled is not None and told.settled > told.at:
            events.append((told.settled, "settle", index))
        if told.reported is not None:
            events.append((told.reported, "report", index))
    return sorted(events)


def _decided(told: Told, user: User) -> Transaction:
    decision = Decision.BLOCK if told.settled is None else Decision.VERIFY
    if told.settled == told.at:
        decision = Decision.ALLOW
    payment = a_payment(user.user_id, told.receiver, told.paise, at=from_epoch_us(told.at))
    return a_transaction(payment, decision)


def oracle(history: History) -> list[Facts]:
    """The facts of each payment, counted from the words of ``docs/feature-contract.md`` without regard to cost."""
    return [_counted(history, told) for told in history.payments]


def _counted(history: History, told: Told) -> Facts:
    at, today, everyone = told.at, _day(told.at), history.payments
    mine = [other for other in everyone if other.user == told.user]
    settled = [(other.settled, other.paise) for other in mine if other.settled is not None and other.settled < at]
    pair = [other for other in mine if other.receiver == told.receiver]
    paid = [other.settled for other in pair if other.settled is not None and other.settled < at]
    theirs = [other for other in everyone if other.receiver == told.receiver]
    return Facts(
        at_us=at,
        amount_paise=told.paise,
        login_count=history.login_count(told),
        transaction_count=sum(other.at < at for other in mine),
        settled_count=len(settled),
        settled_paise=sum(paise for _, paise in settled),
        largest_paise=max([paise for _, paise in settled], default=0),
        age_us=at - history.sign_ups[told.user],
        gap_us=min([at - when for when, _ in settled], default=-1),
        user_good=_good(mine, at, today),
        user_reports=_reports(mine, at, today, 7),
        pair_settled=len(paid),
        pair_age_us=max([at - when for when in paid], default=-1),
        pair_disputed=int(any(other.reported is not None and other.reported < at for other in pair)),
        receiver_good=_good(theirs, at, today, _once_for_each_payer(theirs)),
        receiver_reports=_reports(_once_for_each_payer(theirs), at, today, 7),
    )


def _once_for_each_payer(payments: list[Told]) -> list[Told]:
    """Of each payer's reported payments, the one that was reported first."""
    first: dict[object, Told] = {}
    for told in sorted((told for told in payments if told.reported is not None), key=lambda told: told.reported or 0):
        first.setdefault(told.user, told)
    return list(first.values())


def _day(us: int) -> int:
    return (us + IST_OFFSET_US) // DAY_US


def _good(payments: list[Told], at: int, today: int, reported: list[Told] | None = None) -> int:
    days = [_day(told.settled) for told in payments if told.settled is not None]
    reports = _reports(payments if reported is None else reported, at, today, 30)
    return max(0, sum(today - 37 <= day < today - 7 for day in days) - reports)


def _reports(payments: list[Told], at: int, today: int, window: int) -> int:
    made = [told.reported for told in payments if told.reported is not None and told.reported < at]
    return sum(today - window <= _day(when) for when in made)
