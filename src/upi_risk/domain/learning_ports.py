"""What training needs from outside. Protocols only, as in :mod:`upi_risk.domain.ports`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from upi_risk.domain.examples import Examples
from upi_risk.domain.gate import Stretch
from upi_risk.domain.model import ModelCard
from upi_risk.domain.ports import Scorer
from upi_risk.domain.training import HyperParameters, Source, Split, SplitWishes, TrainingRecord


@dataclass(frozen=True, slots=True)
class Usage:
    """What the process has used so far.

    Attributes:
        seconds: since some fixed moment; only differences mean something.
        peak_memory_mib: the most memory it held at once, in MiB.
    """

    seconds: float
    peak_memory_mib: float

    def since(self, start: Usage) -> Usage:
        """What was used after a moment; the peak is that of the whole time."""
        return Usage(self.seconds - start.seconds, self.peak_memory_mib)


class PaymentStream(Protocol):
    """Recorded payments with their outcomes."""

    @property
    def source(self) -> Source:
        """The file."""

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was taken, where that is worth saying; a sentence each."""

    def split(self, wishes: SplitWishes, label_delay: timedelta) -> Split:
        """The periods to learn from and to measure on.

        Raises:
            UnusableDataError: there are none such in this stream.
        """

    def examples(self, split: Split, unit: float) -> tuple[Examples, Examples]:
        """The payments to learn from and those to measure on, in order of time.

        A label to learn from is 1 only when it was reported before the test begins; to measure on, whatever came out.

        Args:
            split: the periods.
            unit: what amounts are multiplied with before anything is computed from them.
        """

    def folds(self, splits: Sequence[Split], unit: float) -> Iterator[tuple[Examples, Examples]]:
        """The same for several splits in turn, from features that are computed once."""


class Learner(Protocol):
    """Grows classifiers."""

    @property
    def libraries(self) -> tuple[tuple[str, str], ...]:
        """Names and versions of what computes."""

    def learn(
        self, examples: Sequence[Examples], parameters: HyperParameters, progress: Callable[[float], None]
    ) -> bytes:
        """Grow a model from tables taken together.

        Args:
            examples: at least one payment of either kind.
            parameters: how.
            progress: told the share that is done, from time to time.

        Returns:
            The content of the model file; the same examples and parameters give the same bytes.
        """

    def trees_needed(
        self,
        examples: Sequence[Examples],
        later: Sequence[Examples],
        parameters: HyperParameters,
        progress: Callable[[float], None],
    ) -> int:
        """With how many trees, from 1 to ``parameters.iterations``, later payments are foretold best.

        Growing ends after ``parameters.early_stopping`` trees without a better one.

        Args:
            examples: at least one payment of either kind, to learn from.
            later: the same, to watch the log-loss on, weighted as in learning.
            parameters: how.
            progress: told the share that is done, from time to time.
        """

    def probabilities(self, model: bytes, examples: Examples) -> Sequence[float]:
        """The probability of fraud that a model gives to each payment.

        A model of a set that the examples' set begins with reads the first features alone.
        """


class ModelShelf(Protocol):
    """Folders that hold one model each."""

    def require_room(self, folder: Path) -> None:
        """Make sure that a model can be put into a folder, before hours are spent on growing it.

        An absent or empty folder has room, and one that holds a model, which will be replaced.

        Raises:
            UnusableDataError: the folder holds something else, or cannot be written.
        """

    def put(self, folder: Path, model: bytes, card: ModelCard, record: TrainingRecord, used: Usage) -> None:
        """Write a model with its card and its figures; the card comes last, so that half a model has none."""

    def add_report(self, folder: Path, page: str) -> None:
        """Lay a report on a model beside it."""

    def content(self, folder: Path) -> tuple[ModelCard, bytes]:
        """The card and the model file of a folder, proven intact as by :meth:`take`.

        Raises:
            ModelRejectedError: it is missing, or something does not match.
        """

    def learned(self, folder: Path) -> Stretch:
        """What the model of a folder learned from, as its card tells; nothing is loaded.

        Raises:
            ModelRejectedError: there is no card, or it cannot be read.
        """

    def take(self, folder: Path) -> Scorer:
        """Load the model of a folder, proven intact: digest, features, canary rows.

        Raises:
            ModelRejectedError: it is missing, or something does not match.
        """
