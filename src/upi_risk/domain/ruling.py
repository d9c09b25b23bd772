"""What rules and lists make of an answer of the model. ``docs/rules.md`` has the order of precedence in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from upi_risk.domain.decision import DECISION_OF, Assessment, Decision, Factor, Level
from upi_risk.domain.feature_sets import EXTENDED_SET
from upi_risk.domain.lists import Kind, ListEntry, Lists, Side
from upi_risk.domain.payment import Payment
from upi_risk.domain.person import IN_CLEAR, PhoneKeys
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.rules import DAY_COUNT, DAY_SUM, Rule, RuleBook
from upi_risk.domain.user import User

CERTAIN: Final = 1.0
"""The confidence where a list or a hard rule decided: nothing about it is a guess."""

UNSURE: Final = 0.5
"""The confidence where a rule that is not hard, or our own failure, decided against the model."""

_RANK: Final = {Decision.ALLOW: 0, Decision.VERIFY: 1, Decision.BLOCK: 2}
_LEVEL_OF: Final = {decision: level for level, decision in DECISION_OF.items()}
_WIDE: Final = len(EXTENDED_SET.names)

_SAID: Final = {
    (Side.BLOCK, Kind.USER): "Payments from this account are stopped",
    (Side.BLOCK, Kind.RECEIVER): "This receiver is blocked",
    (Side.BLOCK, Kind.HANDLE): "Receivers of this provider are blocked",
    (Side.ALLOW, Kind.USER): "Your account was cleared for this by an analyst",
    (Side.ALLOW, Kind.RECEIVER): "This receiver was cleared by an analyst",
    (Side.ALLOW, Kind.HANDLE): "Receivers of this provider were cleared by an analyst",
}

UNAVAILABLE: Final = Factor("rules_unavailable", "Checked without the block list, which could not be read", 0.0)


def numbers_of(
    vector: Sequence[float], payment: Payment, user: User, score: float, phones: PhoneKeys = IN_CLEAR
) -> tuple[float, ...]:
    """The numbers that conditions are asked of, one for each of :data:`~upi_risk.domain.rules.FACTS`.

    Args:
        vector: of the extended set, or the 14 alone where no rule asks for more.
        payment: the question.
        user: the payer.
        score: the model's.
        phones: tells the payer's own phone.
    """
    if len(vector) < _WIDE:
        vector = (*vector, *(0.0,) * (_WIDE - len(vector)))
    paise = round(vector[DAY_SUM] * 100) + payment.amount_paise
    return (*vector, paise / 100, vector[DAY_COUNT] + 1, phones.own(payment.receiver, user.phone_key), score)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules and lists of one version, ready to be applied.

    Attributes:
        version: kept with every decision; None where nothing is known of them.
        book: the rules.
        lists: the lists.
    """

    version: str | None
    book: RuleBook
    lists: Lists


class Ruling:
    """Applies a :class:`RuleSet`; with None, which is before anything could be read, nothing is simply allowed.

    Attributes:
        version: kept with every decision.
        wide: whether a rule asks for more than the 14 features hold.
        to_the_hour: whether a rule reads payments to receivers from the end of their hour on.
    """

    def __init__(self, rules: RuleSet | None, policy: RiskPolicy, phones: PhoneKeys = IN_CLEAR) -> None:
        self._phones = phones
        self.rules = rules
        self.version = rules.version if rules else None
        self.wide = rules is not None and rules.book.wide
        self.to_the_hour = rules is not None and rules.book.to_the_hour
        self._policy = policy
        self._lists = rules.lists if rules else Lists()
        self._tests = tuple((rule, rule.when.compile()) for rule in rules.book.rules) if rules else ()

    def judge(
        self, payment: Payment, user: User, vector: Sequence[float], said: Assessment, *, by_model: bool
    ) -> Assessment:
        """The answer after rules and lists.

        Args:
            payment: the question.
            user: the payer, before it.
            vector: the features; see :func:`numbers_of`.
            said: the answer so far.
            by_model: whether the model gave it; what our own failure raised no allow list lowers.
        """
        if self.rules is None:
            return self._settled(said, Decision.VERIFY, [UNAVAILABLE], UNSURE)
        entries = self._lists.about(payment.user_id, payment.receiver, payment.at)
        numbers = numbers_of(vector, payment, user, said.score, self._phones)
        fired = [rule for rule, test in self._tests if test(numbers)]
        if not fired and not entries:
            return said
        return self.conclude(said, fired, entries, by_model=by_model)

    def conclude(
        self, said: Assessment, fired: Sequence[Rule], entries: Sequence[ListEntry], *, by_model: bool
    ) -> Assessment:
        """The answer, given which rules fired and which entries count."""
        soft = highest(said.decision, [rule.decision for rule in fired if not rule.hard])
        allowed = [entry for entry in entries if entry.side is Side.ALLOW]
        blocked = [entry for entry in entries if entry.side is Side.BLOCK]
        cleared = Decision.ALLOW if allowed and by_model and soft is Decision.VERIFY else soft
        hard = [rule.decision for rule in fired if rule.hard] + [Decision.BLOCK for _ in blocked]
        decision = highest(cleared, hard)
        if decision is said.decision:
            confidence = said.confidence
        else:
            confidence = CERTAIN if decision in hard or decision is Decision.ALLOW else UNSURE
        spoken = [*blocked, *(allowed if decision is Decision.ALLOW and cleared is not soft else ())]
        factors = [
            *(Factor(f"{entry.side}_list", _SAID[entry.side, entry.kind], 0.0) for entry in spoken),
            *(Factor(rule.code, rule.text, 0.0) for rule in sorted(fired, key=lambda rule: -_RANK[rule.decision])),
        ]
        return self._settled(said, decision, factors, confidence)

    def _settled(self, said: Assessment, decision: Decision, factors: list[Factor], confidence: float) -> Assessment:
        """The answer with a decision that is raised or lowered, and all that goes with it."""
        decision = highest(said.decision, [decision]) if self.rules is None else decision
        level = _LEVEL_OF[decision]
        kept = said.factors
        if level is not Level.LOW and said.level is Level.LOW:
            kept = tuple([factor for factor in kept if factor.contribution > 0])
        score = self._policy.nearest(said.score, level)
        return Assessment(
            score=score,
            level=level,
            decision=decision,
            factors=(*factors, *kept),
            confidence=min(said.confidence, UNSURE) if self.rules is None else confidence,
            model_version=said.model_version,
            policy_version=said.policy_version,
            probability=said.probability,
            model_score=None if score == said.score else said.score,
        )


def highest(decision: Decision, others: Iterable[Decision]) -> Decision:
    """The most careful of some decisions."""
    for other in others:
        if _RANK[other] > _RANK[decision]:
            decision = other
    return decision


class RulesInForce:
    """Holds the ruling of the moment. It is replaced between two batches, on the event loop that decides them.

    Attributes:
        ruling: what decides the next batch.
    """

    def __init__(self, policy: RiskPolicy, rules: RuleSet | None = None, phones: PhoneKeys = IN_CLEAR) -> None:
        """Without rules nothing is known of any, and no payment is simply allowed; ``phones`` tells the payer's own."""
        self._policy = policy
        self._phones = phones
        self.ruling = Ruling(rules, policy, phones)

    @property
    def version(self) -> str | None:
        """Of the rules in force; None while nothing is known of any."""
        return self.ruling.version

    def swap(self, rules: RuleSet) -> None:
        """Apply other rules from the next batch on."""
        self.ruling = Ruling(rules, self._policy, self._phones)
