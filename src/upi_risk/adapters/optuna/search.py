"""A tree-structured Parzen estimator that names candidates in rounds, the same ones from the same past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler

from upi_risk.domain.training import HyperParameters
from upi_risk.domain.tuning import SPACE, WHOLE, Past, TuningOrder, changed

ROUND: Final = 4
"""Candidates asked for at a time. It is a constant: if it were the number of workers, results would depend on that."""

_LINEAR: Final = frozenset({"depth"})


class TpeSearch:
    """Optuna's sampler as a :class:`~upi_risk.domain.tuning.Search`.

    The first candidate is what would be grown without a search. Nothing is kept between rounds: the sampler is made
    anew from the seed and the past, so a search that was interrupted and told its past goes on as it would have.
    """

    def __init__(self, order: TuningOrder, base: HyperParameters) -> None:
        """``base`` gives the seed, the first candidate, and what is not searched."""
        ranges = {**SPACE, **order.values}
        self._ends = {name: (min(values), max(values)) for name, values in ranges.items()}
        self._space: dict[str, BaseDistribution] = {
            name: _distribution(name, *ends) for name, ends in self._ends.items()
        }
        self._trials = order.trials
        self._base = base

    @property
    def total(self) -> int:
        """How many candidates there will be."""
        return self._trials

    def ask(self, past: Past) -> Sequence[HyperParameters]:
        """The next candidates; see the port."""
        wanted = min(ROUND, self._trials - len(past))
        if wanted <= 0:
            return ()
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction="maximize", sampler=self._sampler(len(past)))
        for parameters, value in past:
            inside = self._inside(parameters)
            study.add_trial(optuna.create_trial(params=inside, distributions=self._space, value=value))
        first = [self._base] if not past else []
        drawn = [changed(self._base, study.ask(self._space).params) for _ in range(wanted - len(first))]
        return [*first, *drawn]

    def _sampler(self, asked: int) -> TPESampler:
        return TPESampler(
            seed=(self._base.seed + asked) % 2**32, n_startup_trials=8, multivariate=True, constant_liar=True
        )

    def _inside(self, parameters: HyperParameters) -> dict[str, Any]:
        """The values that are searched; the first candidate's may lie outside, and count as the nearest inside."""
        values = {name: min(max(getattr(parameters, name), low), high) for name, (low, high) in self._ends.items()}
        return {name: int(value) if name in WHOLE else value for name, value in values.items()}


def _distribution(name: str, low: float, high: float) -> BaseDistribution:
    log = name not in _LINEAR
    if name in WHOLE:
        return IntDistribution(int(low), int(high), log=log)
    return FloatDistribution(low, high, log=log)
