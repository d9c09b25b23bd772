"""A transactions file as examples to learn from and to measure on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.patterns import read_patterns
from upi_risk.adapters.polars.source import digest_of
from upi_risk.adapters.polars.transactions_file import PLAIN, Transactions, read_transactions
from upi_risk.domain.examples import Examples
from upi_risk.domain.feature_sets import BASELINE_SET, FeatureSet
from upi_risk.domain.indian_time import DAY_US, epoch_us, from_epoch_us
from upi_risk.domain.stream import FileForm, PatternSource
from upi_risk.domain.training import TRAINING_SHARE, Source, Split, SplitWishes


class FilePaymentStream:
    """A transactions file as a :class:`~upi_risk.domain.learning_ports.PaymentStream`."""

    def __init__(
        self,
        transactions: Transactions,
        source: tuple[str, str],
        patterns: pl.Series | None = None,
        features: FeatureSet = BASELINE_SET,
    ) -> None:
        """Take transactions; ``source`` is the file's name and the SHA-256 of its content."""
        name, sha256 = source
        self._features = features
        self._kept: tuple[float, npt.NDArray[np.float32]] | None = None
        self._frame = transactions.frame
        self._patterns = patterns
        self._notes = transactions.notes
        self._instants = self._frame.get_column("at_us")
        self._source = Source(
            name=name,
            sha256=sha256,
            rows=self._frame.height,
            frauds=int(self._frame.get_column("is_fraud").sum()),
            first_at=self._at(0),
            last_at=self._at(-1),
            cleaning=tuple(transactions.cleaning.items()),
        )

    @classmethod
    def open(
        cls,
        path: Path,
        label_delay: timedelta,
        patterns: PatternSource | None = None,
        features: FeatureSet = BASELINE_SET,
        form: FileForm = PLAIN,
    ) -> FilePaymentStream:
        """Read a file or a folder; see :func:`~upi_risk.adapters.polars.transactions_file.read_transactions`.

        Args:
            path: of the file.
            label_delay: from a fraud to its report, where the file does not tell.
            patterns: where it is told what kind of fraud each is, to break figures down by.
            features: what is computed.
            form: how the file is taken.
        """
        transactions = read_transactions(path, label_delay, form)
        kinds = None if patterns is None else read_patterns(path, patterns, transactions.frame)
        return cls(transactions, (path.name, digest_of(path)), kinds, features)

    @property
    def source(self) -> Source:
        """The file."""
        return self._source

    @property
    def notes(self) -> tuple[str, ...]:
        """How the file was taken."""
        return self._notes

    def split(self, wishes: SplitWishes, label_delay: timedelta) -> Split:
        """The periods to learn from and to measure on; by default the first four fifths of the rows and the rest."""
        boundary = self._at(int(self._frame.height * TRAINING_SHARE))
        return wishes.on(self._source.first_at, self._source.last_at, boundary, label_delay)

    def examples(self, split: Split, unit: float) -> tuple[Examples, Examples]:
        """The payments to learn from and those to measure on; see the port."""
        return next(self.folds([split], unit))

    def folds(self, splits: Sequence[Split], unit: float) -> Iterator[tuple[Examples, Examples]]:
        """The examples of several splits, from features computed once; see the port."""
        frame = self._frame
        if unit != 1:
            frame = frame.with_columns((pl.col("amount_paise") * unit).round().cast(pl.Int64))
        table = self._features_of(frame, unit)
        for split in splits:
            known, came_out = _known_by(split.test_from), pl.col("is_fraud")
            train = _within(split.train_from, split.train_to)
            test = _within(split.test_from, split.test_to)
            if split.known_since is not None:
                test &= ~_card_was_known(epoch_us(split.known_since))
            if split.reported_by is not None:
                came_out = _known_by(split.reported_by)
            yield self._chosen(frame, table, train, known), self._chosen(frame, table, test, came_out)

    def _features_of(self, frame: pl.DataFrame, unit: float) -> npt.NDArray[np.float32]:
        """The features of every payment; those of the unit asked for last are kept, for the next folds."""
        if self._kept is None or self._kept[0] != unit:
            self._kept = None
            self._kept = unit, feature_table(frame, self._features).to_numpy().astype(np.float32)
        return self._kept[1]

    def _at(self, row: int) -> datetime:
        return from_epoch_us(int(self._instants[row]))

    def _chosen(self, frame: pl.DataFrame, table: npt.NDArray[np.float32], rows: pl.Expr, label: pl.Expr) -> Examples:
        """The rows as arrays that others can look into."""
        chosen = frame.select(
            rows.alias("chosen"),
            label.cast(pl.Int8).alias("label"),
            (pl.col("at_us") // DAY_US).alias("day"),
            pl.col("user_id").cast(pl.Categorical).to_physical().cast(pl.Int64).alias("payer"),
            pl.col("amount_paise").alias("paise"),
        )
        mask = chosen.get_column("chosen")
        vectors = np.ascontiguousarray(table[mask.to_numpy()])
        names = ("label", "day", "payer", "paise")
        labels, days, payers, paise = (chosen.get_column(name).filter(mask).to_numpy().data for name in names)
        patterns = () if self._patterns is None else self._patterns.filter(mask).to_list()
        return Examples(vectors.data, labels, days, payers, paise, patterns, self._features.name)


def _within(first: datetime, end: datetime) -> pl.Expr:
    return pl.col("at_us").is_between(epoch_us(first), epoch_us(end), closed="left")


def _known_by(at: datetime) -> pl.Expr:
    """Whether a payment was reported as fraud before an instant."""
    return pl.col("is_fraud") & (pl.col("reported_us") < epoch_us(at)).fill_null(value=False)


def _card_was_known(since_us: int) -> pl.Expr:
    """Whether a fraud of the payer since an instant was reported before the UTC day of the payment."""
    recent = pl.col("is_fraud") & (pl.col("at_us") >= since_us)
    first_report = pl.when(recent).then("reported_us").min().over("user_id")
    midnight = pl.col("at_us") // DAY_US * DAY_US
    return (first_report < midnight).fill_null(value=False)
