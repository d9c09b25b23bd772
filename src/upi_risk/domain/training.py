"""What a model is learned from: periods of a stream, and what was known when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from upi_risk.domain.drift import Drift, Histogram
from upi_risk.domain.errors import TooEarlyError, UnusableDataError
from upi_risk.domain.evaluation import Evaluation
from upi_risk.domain.gate import Verdict
from upi_risk.domain.indian_time import MICROSECOND
from upi_risk.domain.metrics import Band, Measured
from upi_risk.domain.scaling import Scaling
from upi_risk.domain.validation import Validation

if TYPE_CHECKING:  # they are about parameters and examples, and the record holds them
    from upi_risk.domain.stopping import Stopping
    from upi_risk.domain.tuning import Tuning

TRAINING_SHARE: Final = 0.8
"""Unless told otherwise, the first four fifths of the payments are learned from."""

ROWS_READ: Final = "rows_read"
"""Among the counts of cleaning, all rows of the file."""

CALIBRATION_SHARE: Final = 0.25
"""Of the training period, by time: the last part, which probabilities are calibrated on."""


@dataclass(frozen=True, slots=True)
class HyperParameters:
    """How a classifier is grown.

    Attributes:
        iterations: trees.
        depth: splits of each.
        learning_rate: how far each tree may move the score.
        seed: of every random choice; the same seed and data give the same model to the bit.
        l2_leaf_reg: how much evidence a leaf needs before it moves the score; above 0.
        fraud_weight: how many good payments a fraud counts for while learning.
        early_stopping: after so many trees that did not help on the last part of training, growing ends, and the model
            is grown anew on all of it with the trees that did; 0 grows all ``iterations``.
        feature_share: of the features, drawn anew for each level of a tree, that may split it; above 0, up to 1.
        monotone: whether features are held to the direction that sense demands of them (``Feature.monotone``).
    """

    iterations: int = 1_000
    depth: int = 6
    learning_rate: float = 0.1
    seed: int = 7
    l2_leaf_reg: float = 3.0
    fraud_weight: float = 1.0
    early_stopping: int = 0
    monotone: bool = True
    feature_share: float = 1.0

    def __str__(self) -> str:
        """As printed: ``200 trees of depth 4, learning rate 0.1, L2 3, frauds count 1, features 0.3, seed 7``."""
        told = f"{self.iterations:,} trees of depth {self.depth}, learning rate {self.learning_rate:g}, "
        told += f"L2 {self.l2_leaf_reg:g}, frauds count {self.fraud_weight:g}, "
        return told + f"features {self.feature_share:g}, seed {self.seed}"


DEFAULTS: Final[Mapping[str, HyperParameters]] = MappingProxyType(
    {
        "baseline": HyperParameters(),
        "extended": HyperParameters(500, 4, 0.05, l2_leaf_reg=10.0, feature_share=0.3),
    }
)
"""How classifiers are grown unless told otherwise, by the set of features: many features over-fit with deep trees."""


@dataclass(frozen=True, slots=True)
class Split:
    """Which payments are learned from, and which are kept to measure on; by time alone.

    Attributes:
        train_from: the first instant learned from.
        train_to: the instant training ends before.
        test_from: the first instant measured on. Only labels reported before it are learned.
        test_to: the instant the test ends before.
        label_delay: from a payment to its report, where the stream does not tell.
        known_since: payers with a fraud from this instant on, reported before the UTC day of a test payment, are left
            out of that day: their card would be blocked. None leaves nobody out.
        reported_by: a fraud of the test counts only if it was reported before this instant; None counts every fraud.
    """

    train_from: datetime
    train_to: datetime
    test_from: datetime
    test_to: datetime
    label_delay: timedelta
    known_since: datetime | None = None
    reported_by: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse periods that are empty or out of order."""
        if not self.train_from < self.train_to <= self.test_from < self.test_to:
            message = f"The periods do not follow one another: {self}. Training must end before the test begins."
            raise UnusableDataError(message)

    def forward(self, folds: int) -> tuple[Split, ...]:
        """Folds within the training period, to validate on: each learns what came before it, less the label delay.

        The period is cut into one more block than there are folds, of equal length; all but the first are measured on.

        Raises:
            UnusableDataError: the blocks are no longer than the label delay, so nothing would be known to learn from.
        """
        length = (self.train_to - self.train_from) / (folds + 1)
        if length <= self.label_delay:
            days, delay = length / timedelta(days=1), self.label_delay / timedelta(days=1)
            message = f"{folds} folds of the training period are {days:.1f} days each, labels come after {delay:g} days"
            raise UnusableDataError(f"{message}; train from an earlier day, or ask for fewer folds.")
        begins = [self.train_from + length * number for number in range(1, folds + 2)]
        return tuple(
            replace(self, train_to=begin - self.label_delay, test_from=begin, test_to=end)
            for begin, end in pairwise(begins)
        )

    def later_part(self) -> Split | None:
        """Within the training period: learn its earlier part, less the label delay, to measure on the later part.

        Whatever is measured there was known when the test begins, so the test stays untouched.

        Returns:
            None where the training period is too short for the label delay.
        """
        begin = self.train_to - (self.train_to - self.train_from) * CALIBRATION_SHARE
        if begin - self.label_delay <= self.train_from:
            return None
        return replace(
            self, train_to=begin - self.label_delay, test_from=begin, test_to=self.train_to, reported_by=self.test_from
        )

    def __str__(self) -> str:
        """As printed beside every figure: ``train 2018-07-25 .. 2018-08-01, test 2018-08-08 .. 2018-08-15``."""
        since = f", without payers known since {_short(self.known_since)}" if self.known_since else ""
        return f"train {_short(self.train_from)} .. {_short(self.train_to)}, test {self.test_period}{since}"

    @property
    def test_period(self) -> str:
        """As printed: ``2018-08-08 .. 2018-08-15``."""
        return f"{_short(self.test_from)} .. {_short(self.test_to)}"


@dataclass(frozen=True, slots=True)
class SplitWishes:
    """What somebody asked of the split; None where the default will do."""

    train_from: datetime | None = None
    train_to: datetime | None = None
    test_from: datetime | None = None
    test_to: datetime | None = None
    known_since: datetime | None = None

    def on(self, first: datetime, last: datetime, boundary: datetime, label_delay: timedelta) -> Split:
        """The split of a stream.

        The gap between training and test is the label delay, so that what is learned is known when the test begins.

        Args:
            first: the stream's first instant.
            last: its last one.
            boundary: the instant that has :data:`TRAINING_SHARE` of the payments before it.
            label_delay: from a payment to its report.

        Raises:
            TooEarlyError: nothing was wished of the periods, and the stream is too short for the delay.
            UnusableDataError: a period would be empty; the wishes contradict each other, or the stream.
        """
        if self == SplitWishes(known_since=self.known_since) and last < boundary + label_delay:
            days, delay = (last - first) / timedelta(days=1), label_delay / timedelta(days=1)
            message = f"the payments reach over {days:.1f} days, the last fifth of them over less than the {delay:g}"
            raise TooEarlyError(f"It is too early: {message} that labels take. Wait for more payments.")
        train_to = self.train_to
        if train_to is None:
            train_to = boundary if self.test_from is None else self.test_from - label_delay
        return Split(
            train_from=self.train_from or first,
            train_to=train_to,
            test_from=self.test_from or train_to + label_delay,
            test_to=self.test_to or last + MICROSECOND,
            label_delay=label_delay,
            known_since=self.known_since,
        )


@dataclass(frozen=True, slots=True)
class Source:
    """The file a model was learned from.

    Attributes:
        name: without its folder.
        sha256: of its content, hexadecimal.
        rows: payments in it.
        frauds: of these, fraud.
        cleaning: how many rows each rule concerned that changes or keeps rows rather than refuses them.
    """

    name: str
    sha256: str
    rows: int
    frauds: int
    first_at: datetime
    last_at: datetime
    cleaning: tuple[tuple[str, int], ...] = ()

    @property
    def cleaned(self) -> str:
        """As printed: ``12 rows out of order, 0 zero amounts kept``; a dash where nobody counted."""
        told = (f"{rows:,} {rule.replace('_', ' ')}" for rule, rows in self.cleaning if rule != ROWS_READ)
        return ", ".join(told) or "-"


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How a model came to be and what it is worth.

    Attributes:
        source: what it was learned from.
        split: which part of it.
        parameters: how it was grown.
        units: factors that amounts were multiplied with; a copy of the stream was learned for each.
        train_rows: payments learned, all copies together.
        train_frauds: of these, known as fraud when the test began.
        measured: figures on the test period, for each unit, the first one being the stream's own.
        bands: what the confidence curve said of the later half of the test, and what came.
        libraries: names and versions of what computed it.
        evaluation: the figures on the test period with intervals, for the stream's own unit.
        verdict: whether it may serve.
        validation: the same way of growing on several periods of training, where that was asked for.
        drift: of each feature between training and test.
        tuning: how the parameters were chosen, where that was asked for.
        stopping: how the number of trees was found, where growing was stopped early.
        scaling: how raw answers came to be scores; None: they are the scores.
        scores: how scores are spread on the test period.
    """

    source: Source
    split: Split
    parameters: HyperParameters
    units: tuple[float, ...]
    train_rows: int
    train_frauds: int
    measured: tuple[Measured, ...]
    bands: tuple[Band, ...]
    libraries: tuple[tuple[str, str], ...]
    evaluation: Evaluation | None = None
    verdict: Verdict | None = None
    validation: Validation | None = None
    drift: tuple[Drift, ...] = ()
    tuning: Tuning | None = None
    stopping: Stopping | None = None
    scaling: Scaling | None = None
    scores: Histogram | None = None


def _short(at: datetime) -> str:
    """A midnight as its date."""
    return at.strftime("%Y-%m-%d") if (at.hour, at.minute, at.second) == (0, 0, 0) else at.strftime("%Y-%m-%d %H:%M:%S")
