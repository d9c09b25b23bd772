"""Trying many ways of growing on folds of time, wherever there are hands for it, and choosing the best."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from upi_risk.application.grow import grow
from upi_risk.application.measure_model import Rank
from upi_risk.application.validate_model import Progress, require_both_kinds
from upi_risk.domain.engine import Crew, Engine
from upi_risk.domain.errors import EngineFailedError
from upi_risk.domain.examples import Examples
from upi_risk.domain.learning_ports import Learner, PaymentStream
from upi_risk.domain.training import HyperParameters, Split
from upi_risk.domain.tuning import Candidate, Journal, OpenJournal, StartSearch, Tried, Tuning, TuningOrder
from upi_risk.domain.validation import Fold

Tables = tuple[Examples, Examples]
"""What a fold learns from, and what it is measured on."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A candidate on a fold.

    Attributes:
        parameters: the candidate.
        split: the fold.
        libraries: names and versions that the result has to be computed with.
    """

    parameters: HyperParameters
    split: Split
    libraries: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TryFold:
    """Grows a candidate on a fold and measures it; goes to wherever an engine works."""

    learner: Learner
    rank: Rank

    def __call__(self, tables: Tables, attempt: Attempt) -> Tried:
        """Grow and measure.

        Raises:
            EngineFailedError: the worker has other libraries, so that the result would depend on who computes it.
        """
        if self.learner.libraries != attempt.libraries:
            theirs, ours = (" ".join(map(" ".join, these)) for these in (self.learner.libraries, attempt.libraries))
            raise EngineFailedError(f"A worker has {theirs}, and this process {ours}: install the same on both.")
        train, test = tables
        model, stopping = grow(self.learner, [train], attempt.split, attempt.parameters, lambda _: None)
        auc, average_precision = self.rank(test.labels.tolist(), self.learner.probabilities(model, test))
        fold = Fold(attempt.split.test_period, train.rows, test.rows, test.frauds, auc, average_precision)
        return Tried(fold, stopping.trees if stopping else attempt.parameters.iterations)


class TuneModel:
    """Ask for candidates, try them on folds, remember what is done, choose."""

    def __init__(self, attempt: TryFold, engine: Engine, search: StartSearch, open_journal: OpenJournal) -> None:
        self._try = attempt
        self._engine = engine
        self._search = search
        self._open_journal = open_journal

    def __call__(
        self, stream: PaymentStream, split: Split, wanted: tuple[TuningOrder, HyperParameters], out: Path,
        progress: Progress,
    ) -> Tuning:  # fmt: skip
        """Try candidates within the training period, amounts as in the file; what was tried before is not repeated.

        Args:
            stream: the payments.
            split: the periods of the training.
            wanted: what to try, and the parameters for what is not varied.
            out: the folder of the model; what is finished is kept beside it until :meth:`forget`.
            progress: told what is done, and the share of it.

        Raises:
            UnusableDataError: the folds cannot be cut, or one has no frauds or no good payments.
            EngineFailedError: the engine cannot be reached, or was lost.
        """
        order, base = wanted
        # A label that comes in after the test began is not known when the model is made.
        folds = [replace(fold, reported_by=split.test_from) for fold in split.forward(order.folds)]
        search, journal = self._search(order, base), self._open_journal(out)
        says = f"Trying {search.total} candidates on {len(folds)} folds"
        progress(says, 0.0)
        digests: list[str] = []
        with self._engine.open(_checked(stream, folds, digests), journal.room) as crew:
            session = _Session(self._try, crew, journal, folds, digests)
            candidates: list[Candidate] = []
            total = search.total * len(folds)
            while asked := search.ask([(done.parameters, done.average_precision) for done in candidates]):
                before = len(candidates) * len(folds)
                candidates += session.round(asked, lambda done: progress(says, (before + done) / total))  # noqa: B023 - called within the round
        return Tuning("search" if order.trials else "grid", tuple(candidates))

    def forget(self, out: Path) -> None:
        """The model is written: remove what was kept beside its folder, if anything was."""
        self._open_journal(out).drop()


def _checked(stream: PaymentStream, folds: Sequence[Split], digests: list[str]) -> Iterator[Tables]:
    """The tables of each fold, whose digests are written down on the way."""
    for fold, (train, test) in zip(folds, stream.folds(folds, 1.0), strict=True):
        require_both_kinds(fold.test_period, train, test)
        digest = hashlib.sha256()
        for view in (train.vectors, train.labels, train.days, test.vectors, test.labels):
            digest.update(view)
        digests.append(digest.hexdigest())
        yield train, test


@dataclass(frozen=True, slots=True)
class _Session:
    attempt: TryFold
    crew: Crew[Tables]
    journal: Journal
    folds: Sequence[Split]
    digests: Sequence[str]

    def round(self, asked: Sequence[HyperParameters], progress: Callable[[int], None]) -> list[Candidate]:
        """Try some candidates on every fold, but for what the journal has."""
        libraries = self.attempt.learner.libraries
        places = [(candidate, fold) for candidate in range(len(asked)) for fold in range(len(self.folds))]
        attempts = [Attempt(asked[candidate], self.folds[fold], libraries) for candidate, fold in places]
        keys = [_key(attempt, self.digests[fold]) for attempt, (_, fold) in zip(attempts, places, strict=True)]
        results = {key: found for key in keys if (found := self.journal.find(key)) is not None}
        open_ones = {key: place for place, key in enumerate(keys) if key not in results}  # each key once
        progress(sum(key in results for key in keys))
        todo = list(open_ones.items())
        pieces = [(places[place][1], attempts[place]) for _, place in todo]
        for number, result in self.crew.run(self.attempt, pieces):
            key = todo[number][0]
            self.journal.keep(key, result)
            results[key] = result
            progress(sum(key in results for key in keys))
        count = len(self.folds)
        tried = [results[key] for key in keys]
        return [Candidate(one, tuple(tried[index * count :][:count])) for index, one in enumerate(asked)]


def _key(attempt: Attempt, digest: str) -> str:
    """Everything that a result depends on: the fold's data, its periods, the parameters, the libraries."""
    return hashlib.sha256(f"{digest} {attempt!r}".encode()).hexdigest()
