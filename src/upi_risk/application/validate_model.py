"""Trying a way of growing models on several periods, and by a random split beside, to show what that flatters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Final

from upi_risk.application.measure_model import Rank
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.examples import Examples
from upi_risk.domain.learning_ports import Learner, PaymentStream
from upi_risk.domain.training import HyperParameters, Split
from upi_risk.domain.validation import Fold, Trials, Validation

Stratified = Callable[[Examples, int, int], Iterator[tuple[Examples, Examples]]]
"""A random split into so many folds, with a seed."""

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done."""

SAYS: Final = "Validating"


class ValidateModel:
    """Forward-chaining folds, then as many random ones; each grows a model of its own."""

    def __init__(self, learner: Learner, rank: Rank, stratified: Stratified) -> None:
        self._learner = learner
        self._rank = rank
        self._stratified = stratified

    def __call__(
        self,
        stream: PaymentStream,
        splits: Sequence[Split],
        train: Examples,
        parameters: HyperParameters,
        progress: Progress,
    ) -> Validation:
        """Try both ways within the training period, amounts as in the file.

        Args:
            stream: the payments.
            splits: the periods of the forward-chaining folds, :meth:`~upi_risk.domain.training.Split.forward`.
            train: the payments of the whole training period.
            parameters: how to grow.
            progress: told what is done, and the share of it.

        Raises:
            UnusableDataError: a fold has no frauds or no good payments.
        """
        seed, names = parameters.seed, [split.test_period for split in splits]
        forward = zip(names, stream.folds(splits, 1.0), strict=True)
        drawn = ((f"random {index + 1}", pair) for index, pair in enumerate(self._stratified(train, len(splits), seed)))
        done: list[Fold] = []
        for name, (to_learn, to_measure) in chain(forward, drawn):
            progress(SAYS, len(done) / (2 * len(splits)))
            done.append(self._fold(name, to_learn, to_measure, parameters))
        return Validation(Trials(tuple(done[: len(splits)])), Trials(tuple(done[len(splits) :])))

    def _fold(self, name: str, train: Examples, test: Examples, parameters: HyperParameters) -> Fold:
        require_both_kinds(name, train, test)
        model = self._learner.learn([train], parameters, lambda _: None)
        auc, average_precision = self._rank(test.labels.tolist(), self._learner.probabilities(model, test))
        return Fold(name, train.rows, test.rows, test.frauds, auc, average_precision)


def require_both_kinds(name: str, train: Examples, test: Examples) -> None:
    """Refuse a fold that nothing can be learned from, or measured on.

    Raises:
        UnusableDataError: it has no frauds or no good payments.
    """
    for examples in (train, test):
        if not examples.has_both_kinds:
            message = f"Fold {name} has {examples.rows:,} payments, {examples.frauds:,} of them known as fraud; "
            raise UnusableDataError(f"{message}it needs some of either kind: ask for fewer folds.")
