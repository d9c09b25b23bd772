"""Which of two models decides for whom, and what is kept of both."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from upi_risk.domain.errors import UpiRiskError

MATURITY: Final = timedelta(days=7)
"""By then, most frauds have been reported; a payment is judged by what is known so long after it."""

_FULL: Final = 2**64


class Arm(StrEnum):
    """Whose decision a payer gets."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


class ExperimentConflictError(UpiRiskError):
    """An experiment runs already, the name is taken, or there is none to stop; the message says which."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A challenger beside the model that serves.

    Attributes:
        name: of the experiment; it salts the drawing of payers, so that no two experiments draw the same ones.
        champion: the version that serves. While another one serves, the experiment rests.
        challenger: the version that is tried.
        share: of payers for whom the challenger decides, 0 to 1; 0 is shadow: it scores and never decides.
        minimum: matured payments that each model has to have before a winner may be called.
        started_at: the first instant that counts.
        ended_at: the instant from which nothing counts any more; None while it runs.
        outcome: why it ended; empty while it runs.
    """

    name: str
    champion: str
    challenger: str
    share: float
    minimum: int
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""

    @property
    def shadow(self) -> bool:
        """Whether the challenger never decides."""
        return self.share == 0

    def arm(self, user_id: str) -> Arm:
        """Whose decision a payer gets; always the same within an experiment."""
        drawn = hashlib.blake2b(user_id.encode(), digest_size=8, key=self.name.encode()[:64]).digest()
        return Arm.CHALLENGER if int.from_bytes(drawn) < self.share * _FULL else Arm.CHAMPION

    def ended(self, at: datetime, outcome: str) -> Experiment:
        """The experiment after its end."""
        return replace(self, ended_at=at, outcome=outcome)


@dataclass(frozen=True, slots=True)
class OtherScore:
    """What the model that did not decide says of a payment.

    Attributes:
        model_version: of the model that did not decide.
        score: on the policy's scale.
        probability: of fraud, calibrated.
        decision: what it would have been.
    """

    user_id: str
    transaction_id: str
    model_version: str
    score: float
    probability: float
    decision: str


@dataclass(frozen=True, slots=True)
class Observed:
    """One matured payment of an experiment.

    Attributes:
        at: when it was asked about.
        fraud: whether it was known as fraud when it matured.
        model_version: of the model that decided.
        score: of the model that decided, before rules and lists.
        decision: what was answered.
        other_score: of the other model; None where it was lost or could not be computed.
        other_decision: what would have been answered with the other model.
    """

    at: datetime
    user_id: str
    amount_paise: int
    fraud: bool
    model_version: str
    score: float
    decision: str
    other_score: float | None = None
    other_decision: str | None = None


class Experiments(Protocol):
    """Experiments that were started; at most one runs."""

    async def start(self, experiment: Experiment) -> None:
        """Store an experiment that begins; durable on return.

        Raises:
            ExperimentConflictError: one runs, or there was one of this name; nothing was stored.
            StoreUnavailableError: nothing is known of what was stored.
        """

    async def running(self) -> Experiment | None:
        """The one that runs; None if none does."""

    async def find(self, name: str) -> Experiment | None:
        """An experiment by its name, running or ended; None if there was none."""

    async def stop(self, name: str, at: datetime, outcome: str) -> Experiment:
        """End an experiment and say why. One that has ended stays as it ended.

        Raises:
            ExperimentConflictError: there is none of this name.
        """


class ExperimentScores(Protocol):
    """What both models said of the payments of an experiment.

    The deciding model's score is part of the transaction, so it is there whenever an answer was given.
    """

    async def add(self, experiment: str, scores: Sequence[OtherScore]) -> None:
        """Keep scores of the model that did not decide; a second one for the same payment changes nothing."""

    def matured(
        self, experiment: Experiment, now: datetime, maturity: timedelta
    ) -> AsyncGenerator[Sequence[Observed], None]:
        """Payments that one of the two models decided while the experiment ran, by instant, then by user; in pages.

        Args:
            experiment: which one.
            now: payments less than ``maturity`` before are left out.
            maturity: a payment is fraud if it was reported less than this after it.
        """
