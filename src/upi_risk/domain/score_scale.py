"""The score that is answered: a scale of the probability on which the two thresholds of the policy stay where they are.

Fraud is rare, so a bare probability seldom reaches 0.35, even where acting on it pays.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import itemgetter

from upi_risk.domain.calibration import log_odds, probability_of


@dataclass(frozen=True, slots=True)
class ScoreScale:
    """A strictly rising map of probability to score: 0 to 0, 1 to 1, and each anchor to its own score.

    Between two anchors the log-odds of the score are a straight line of those of the probability. Below the first and
    above the last anchor the odds of the score are a fixed multiple of the odds of the probability, so twice the odds
    of fraud are twice the odds of the score.

    Attributes:
        anchors: probability and score, each between 0 and 1 and each rising; at least one pair.
    """

    anchors: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        """Refuse anchors that do not rise."""
        inside = all(0 < number < 1 for anchor in self.anchors for number in anchor)
        rising = all(low[0] < high[0] and low[1] < high[1] for low, high in pairwise(self.anchors))
        if not (self.anchors and inside and rising):
            raise ValueError(f"The anchors of a scale rise between 0 and 1: {self.anchors}.")

    def __call__(self, probability: float) -> float:
        """The score of a probability, 0 to 1."""
        if not 0 < probability < 1:
            return probability
        odds = log_odds(probability)
        above = bisect_right(self.anchors, probability, key=itemgetter(0))
        from_odds, from_score, slope = _lines(self.anchors)[above]
        return probability_of(from_score + slope * (odds - from_odds))


@cache
def _lines(anchors: tuple[tuple[float, float], ...]) -> list[tuple[float, float, float]]:
    """By how many anchors lie below: log-odds of probability and of score where the line begins, and its slope."""
    odds = [(log_odds(p), log_odds(score)) for p, score in anchors]
    between = [(p, score, (after[1] - score) / (after[0] - p)) for (p, score), after in pairwise(odds)]
    return [(*odds[0], 1.0), *between, (*odds[-1], 1.0)]
