"""What analysts see beside single payments: what is in force, how it does, and what is known of a receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from upi_risk.domain.history import Wanted
from upi_risk.domain.monitoring import Figures
from upi_risk.domain.payment import UpiId
from upi_risk.domain.ports import Ledger, Scorer
from upi_risk.domain.receiver import Receiver
from upi_risk.domain.ruling import RuleSet, RulesInForce

_NOBODY = ""
"""The id of no user: a receiver is looked up for nobody's payment."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What decides payments in this process, and how that did when it was last looked at.

    Attributes:
        model_version: the model that serves.
        feature_set: what it reads.
        rules: rules and lists; None while nothing is known of them.
        figures_at: when the figures were taken; None if they never were.
        figures: name, label and value, as :meth:`~upi_risk.domain.monitoring.Monitoring.figures` has them.
    """

    model_version: str
    feature_set: str
    rules: RuleSet | None
    figures_at: datetime | None
    figures: Sequence[tuple[str, str, float]]


class ShowOverview:
    """Reads what is in force and the figures of the last monitoring."""

    def __init__(self, scorer: Scorer, rules: RulesInForce, figures: Figures) -> None:
        self._scorer = scorer
        self._rules = rules
        self._figures = figures

    @property
    def rules(self) -> RuleSet | None:
        """Rules and lists in force; None while nothing is known of them."""
        return self._rules.ruling.rules

    async def __call__(self) -> Overview:
        """The present.

        Raises:
            StoreUnavailableError: the figures cannot be read.
        """
        card, (at, figures) = self._scorer.card, await self._figures.latest() or (None, [])
        return Overview(card.version, card.feature_set, self.rules, at, figures)


class LookAtReceiver:
    """What everybody's payments say of a receiver."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def __call__(self, receiver: UpiId) -> Receiver:
        """The receiver as last committed; an empty one where nobody ever paid it.

        Raises:
            StoreUnavailableError: it cannot be read.
        """
        return (await self._ledger.load([Wanted(_NOBODY, receiver)])).receivers[receiver]
