"""Decisions taken again, a page of columns at a time; a property test holds it equal to deciding one by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from upi_risk.domain.backtest import (
    DECISIONS,
    OUTCOMES,
    VOICES,
    BacktestFigures,
    BulkScorer,
    Cell,
    Changed,
    DecisionPage,
    Voice,
)
from upi_risk.domain.decision import Decision
from upi_risk.domain.lists import Kind, Lists, Side
from upi_risk.domain.payment import UpiId
from upi_risk.domain.policy import SCORE_DIGITS, RiskPolicy
from upi_risk.domain.rules import DAY_COUNT, DAY_SUM, FACTS, Compare, Rule, walk
from upi_risk.domain.ruling import RuleSet

_RANK: Final = {decision: rank for rank, decision in enumerate(DECISIONS)}
_VOICE: Final = {voice: place for place, voice in enumerate(VOICES)}
_MADE_OF: Final = {"day_total": (FACTS[DAY_SUM],), "day_count": (FACTS[DAY_COUNT],), "score": ()}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_VERIFY, _BLOCK = _RANK[Decision.VERIFY], _RANK[Decision.BLOCK]

Ranks = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Judged:
    """The most careful decision that rules ask for, by whether an allow list may overrule it."""

    soft: Ranks
    hard: Ranks


class NumpyRetrial:
    """See :class:`upi_risk.domain.backtest.Retrial`."""

    def __init__(self, policy: RiskPolicy, rules: RuleSet, scorer: BulkScorer | None = None) -> None:
        """Decide anew.

        Args:
            policy: with the thresholds to try.
            rules: and lists to try.
            scorer: the model to try; None keeps the scores that were.
        """
        self._policy = policy
        self._rules = rules.book.rules
        self._lists = rules.lists
        self._scorer = scorer
        asked = {base for fact in rules.book.facts for base in _MADE_OF.get(fact, (fact,))}
        self.facts: Sequence[str] = sorted(asked.union(() if scorer is None else scorer.card.features))
        self.names = bool(rules.lists.entries)

    def __call__(self, page: DecisionPage) -> tuple[BacktestFigures, Changed]:
        """What would have been decided of a page."""
        figures = BacktestFigures()
        before, voices = np.asarray(page.decisions, dtype=np.int64), np.asarray(page.voices, dtype=np.int64)
        scores = self._scores(page, voices, figures)
        said = np.where(voices == _VOICE[Voice.MODEL], _ranks(scores, self._policy), _ranks(scores, RiskPolicy()))
        judged = self._judged(page, scores, voices, figures)
        allowed, blocked = _listed(page, self._lists)
        soft = np.maximum(said, judged.soft)
        lowered = allowed & (voices == _VOICE[Voice.MODEL]) & (soft == _VERIFY)
        after = np.maximum(np.where(lowered, 0, soft), np.maximum(judged.hard, np.where(blocked, _BLOCK, 0)))
        after = np.where(voices == _VOICE[Voice.TABLE], before, after)
        _count(page, before, after, figures)
        places = np.flatnonzero(before != after)
        return figures, Changed(page, places, after[places], scores[places])

    def _scores(self, page: DecisionPage, voices: Ranks, figures: BacktestFigures) -> Floats:
        scores = np.array(page.scores, dtype=np.float64)
        if self._scorer is None:
            return scores
        card = self._scorer.card
        columns = [np.asarray(page.facts[name], dtype=np.float64) for name in card.features]
        asked = voices == _VOICE[Voice.MODEL]
        known = asked & np.logical_and.reduce([~np.isnan(column) for column in columns])
        figures.not_rescored = int(asked.sum() - known.sum())
        if known.any():
            raw = np.asarray(self._scorer.probabilities([column[known] for column in columns]), dtype=np.float64)
            answers, places = np.unique(raw, return_inverse=True)  # a model gives many payments the same answer
            scored = card.meaning.scores(answers.tolist())
            scores[known] = np.array([round(score, SCORE_DIGITS) for score in scored])[places]
        return scores

    def _judged(self, page: DecisionPage, scores: Floats, voices: Ranks, figures: BacktestFigures) -> _Judged:
        columns = _columns(page, scores)
        judged = _Judged(np.zeros(len(scores), dtype=np.int64), np.zeros(len(scores), dtype=np.int64))
        open_to_rules = voices != _VOICE[Voice.TABLE]
        for rule in self._rules:
            known = _known(rule, columns) & open_to_rules
            fired = np.asarray(rule.when.over(columns)) & known
            side = judged.hard if rule.hard else judged.soft
            np.maximum(side, np.where(fired, _RANK[rule.decision], 0), out=side)
            figures.fired[rule.code] = int(fired.sum())
            figures.unjudged[rule.code] = int((open_to_rules & ~known).sum())
        return judged


def _ranks(scores: Floats, policy: RiskPolicy) -> Ranks:
    """The place of the decision that each score leads to."""
    return np.where(scores < policy.medium_from, 0, np.where(scores > policy.high_above, _BLOCK, _VERIFY))


_Columns = dict[int, Any]
"""Columns by the place of their fact; what is missing is not a number."""


def _columns(page: DecisionPage, scores: Floats) -> _Columns:
    columns: _Columns = {}
    for fact, values in page.facts.items():
        columns[FACTS.index(fact)] = np.asarray(values, dtype=np.float64)
    columns[FACTS.index("score")] = scores
    if DAY_SUM in columns:
        paise = np.rint(columns[DAY_SUM] * 100) + np.asarray(page.amount_paise, dtype=np.float64)
        columns[FACTS.index("day_total")] = paise / 100
    if DAY_COUNT in columns:
        columns[FACTS.index("day_count")] = columns[DAY_COUNT] + 1
    return columns


def _known(rule: Rule, columns: _Columns) -> Flags:
    """Where every fact that a rule asks for is there."""
    asked = {FACTS.index(part.fact) for part in walk(rule.when) if isinstance(part, Compare)}
    known: Flags = np.logical_and.reduce([~np.isnan(columns[place]) for place in sorted(asked)])
    return known


def _listed(page: DecisionPage, lists: Lists) -> tuple[Flags, Flags]:
    """Which payments an entry of the allow list, and one of the block list, counts for."""
    allowed, blocked = np.zeros(len(page.at), dtype=np.bool_), np.zeros(len(page.at), dtype=np.bool_)
    if page.names is None or not lists.entries:
        return allowed, blocked
    users, receivers = (np.asarray(column, dtype=np.str_) for column in (page.names.user_ids, page.names.receivers))
    subjects = {kind: [entry.subject for entry in lists.entries if entry.kind is kind] for kind in Kind}
    named = np.isin(users, subjects[Kind.USER]) | np.isin(receivers, subjects[Kind.RECEIVER])
    if subjects[Kind.HANDLE]:
        named |= np.isin(np.char.partition(receivers, "@")[:, 2], subjects[Kind.HANDLE])
    for place in np.flatnonzero(named).tolist():
        entries = lists.about(str(users[place]), UpiId(str(receivers[place])), _instant(page.at[place]))
        sides = {entry.side for entry in entries}
        allowed[place], blocked[place] = Side.ALLOW in sides, Side.BLOCK in sides
    return allowed, blocked


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(microseconds))


def _count(page: DecisionPage, before: Ranks, after: Ranks, figures: BacktestFigures) -> None:
    outcomes = np.asarray(page.outcomes, dtype=np.int64)
    shape = (len(DECISIONS), len(DECISIONS), len(OUTCOMES))
    cells = np.ravel_multi_index((before, after, outcomes), shape)
    counts = np.bincount(cells, minlength=int(np.prod(shape)))
    paise = np.zeros(len(counts), dtype=np.int64)
    np.add.at(paise, cells, np.asarray(page.amount_paise, dtype=np.int64))
    for number in np.flatnonzero(counts):
        was, now, outcome = np.unravel_index(number, shape)
        cell = Cell(DECISIONS[was], DECISIONS[now], OUTCOMES[outcome])
        figures.counts[cell], figures.paise[cell] = int(counts[number]), int(paise[number])
