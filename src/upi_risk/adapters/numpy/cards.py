"""Card precision when payers are drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from upi_risk.adapters.numpy.ranked import Floats, Whole
from upi_risk.domain.metrics import CARDS_A_DAY

_NEVER: Final = -1


@dataclass(frozen=True, slots=True)
class _Day:
    """A day's payers from the highest score of the day down, and whether each had a fraud that day."""

    payers: Whole
    victims: npt.NDArray[np.bool_]


class Cards:
    """The payers of each day, ranked once; see :func:`upi_risk.domain.metrics.card_precision`."""

    def __init__(self, days: Whole, payers: Whole, scores: Floats, labels: npt.NDArray[np.bool_]) -> None:
        """Rank.

        Args:
            days: of each payment, ascending.
            payers: numbers from 0 on, without gaps.
            scores: what the model said.
            labels: whether it was fraud.
        """
        self._payer_count = int(payers.max()) + 1
        starts = np.flatnonzero(np.diff(days, prepend=_NEVER))
        self._days = [
            self._ranked(payers[first:end], scores[first:end], labels[first:end])
            for first, end in zip(starts, [*starts[1:], len(days)], strict=True)
        ]

    def precision(self, weights: Floats) -> float:
        """The mean over days, when each payer is there as often as its weight says.

        Every copy of a payer takes an analyst's time; once a copy was found, none is looked at again.
        """
        there, shares = weights.copy(), []
        for day in self._days:
            copies = there[day.payers]
            upto = np.cumsum(copies)
            looked_at = np.minimum(upto, CARDS_A_DAY) - np.minimum(upto - copies, CARDS_A_DAY)
            hits = looked_at * day.victims
            shares.append(hits.sum() / CARDS_A_DAY)
            there[day.payers[hits > 0]] = 0
        return float(np.mean(shares))

    def _ranked(self, payers: Whole, scores: Floats, labels: npt.NDArray[np.bool_]) -> _Day:
        best, victims = np.full(self._payer_count, -np.inf), np.zeros(self._payer_count, dtype=bool)
        np.maximum.at(best, payers, scores)
        victims[payers[labels]] = True
        present = np.unique(payers)
        ranked = present[np.argsort(-best[present], kind="stable")]
        return _Day(ranked, victims[ranked])
