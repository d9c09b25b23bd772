"""The figures of the report, each a function that fills axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from upi_risk.adapters.matplotlib.drawing import FILL, FRAUD, GOOD, INK, QUIET
from upi_risk.domain.cost import CostModel
from upi_risk.domain.decision import Decision
from upi_risk.domain.policy import RiskPolicy

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]
Draw = Callable[[Axes], None]

SHOWN: Final = 24
"""Features that a figure shows; the others move scores less."""

_EDGE: Final = 0.01
_POINTS: Final = 600
"""A curve needs no more to look smooth."""

_RELIABILITY_EDGES: Final = (0, 0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.0)
_TINY: Final = 1e-12
_LOWEST: Final = 1e-4
"""Scores below are drawn here on a logarithmic axis."""


def _steps(scores: Floats, labels: Labels) -> tuple[Floats, Floats, Floats]:
    """Thresholds, frauds and good payments from each threshold up, falling; thinned out."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-1.0))
    frauds = np.cumsum(labels[order])[ends].astype(np.float64)
    # Half of the points along the frauds, half along the payments, so that both ends of a curve keep their shape.
    along_frauds = np.searchsorted(frauds, np.linspace(0, frauds[-1], _POINTS // 2))
    along_rows = np.unique(np.linspace(0, len(ends) - 1, _POINTS // 2).astype(np.int64))
    some = np.union1d(along_frauds, along_rows)
    return scores[order][ends][some], frauds[some], (ends + 1 - frauds)[some]


def roc(scores: Floats, labels: Labels) -> Draw:
    """Good payments flagged against frauds flagged."""

    def draw(axes: Axes) -> None:
        _, frauds, good = _steps(scores, labels)
        axes.plot([0, 1], [0, 1], color=QUIET, linestyle=":", linewidth=1.2)
        axes.plot([0, *good / good[-1]], [0, *frauds / frauds[-1]], color=GOOD)
        axes.fill_between([0, *good / good[-1]], [0, *frauds / frauds[-1]], color=FILL, alpha=0.6, linewidth=0)
        axes.set(xlabel="share of good payments flagged", ylabel="share of frauds flagged", xlim=(0, 1), ylim=(0, 1.01))

    return draw


def precision_recall(scores: Floats, labels: Labels, policy: RiskPolicy) -> Draw:
    """Recall against precision, with the policy's two thresholds."""

    def draw(axes: Axes) -> None:
        _, frauds, good = _steps(scores, labels)
        axes.plot(frauds / frauds[-1], frauds / (frauds + good), color=GOOD)
        for name, flags in (("MEDIUM", scores >= policy.medium_from), ("HIGH", scores > policy.high_above)):
            if caught := np.count_nonzero(flags & labels):
                recall, precision = caught / np.count_nonzero(labels), caught / np.count_nonzero(flags)
                axes.plot(recall, precision, "o", color=INK, markersize=5)
                axes.annotate(f"from {name}", (recall, precision), (6, 5), textcoords="offset points", color=INK)
        axes.axhline(labels.mean(), color=QUIET, linestyle=":", linewidth=1.2)
        axes.set(xlabel="recall: share of frauds flagged", ylabel="precision: share of flags right")
        axes.set(xlim=(0, 1), ylim=(0, 1.03))

    return draw


def reliability(answers: Mapping[str, Floats], labels: Labels) -> Draw:
    """Probabilities against the share that was fraud; a dot's size grows with the payments behind it.

    Args:
        answers: probabilities of the same payments, by the name they are shown under; the last are the ones that count.
        labels: which of them were fraud.
    """

    def draw(axes: Axes) -> None:
        axes.plot([_LOWEST, 1], [_LOWEST, 1], color=QUIET, linestyle=":", linewidth=1.2)
        for number, (name, probabilities) in enumerate(answers.items(), start=1):
            color = GOOD if number == len(answers) else QUIET
            bands = np.searchsorted(_RELIABILITY_EDGES[1:-1], probabilities, side="left")
            count = np.bincount(bands)
            kept = count > 0
            said = (np.bincount(bands, probabilities)[kept] / count[kept]).clip(_LOWEST)
            was = (np.bincount(bands, labels)[kept] / count[kept]).clip(_LOWEST)
            axes.plot(said, was, color=color, linewidth=1, label=name)
            axes.scatter(said, was, s=14 + 12 * np.log10(count[kept]), color=color, zorder=2 + number)
        axes.set(xscale="log", yscale="log", xlabel="probability", ylabel="share that was fraud")
        axes.legend()

    return draw


def scale(probabilities: Floats, scores: Floats, policy: RiskPolicy) -> Draw:
    """Where each probability lies on the scale of scores."""

    def draw(axes: Axes) -> None:
        different, rows = np.unique(probabilities, return_index=True)
        places = np.geomspace(max(different[0], _TINY), max(different[-1], _TINY), _POINTS)
        some = rows[np.unique(np.searchsorted(different, places).clip(max=len(rows) - 1))]
        axes.plot(probabilities[some], scores[some], color=GOOD)
        for threshold in (policy.medium_from, policy.high_above):
            axes.axhline(threshold, color=INK, linewidth=0.9, linestyle="--")
        axes.set(xscale="log", xlabel="probability", ylabel="score (dashed: MEDIUM, HIGH)", ylim=(0, 1.01))

    return draw


def distributions(scores: Floats, labels: Labels, policy: RiskPolicy) -> Draw:
    """How scores of good payments and of frauds are spread."""

    def draw(axes: Axes) -> None:
        edges = np.logspace(np.log10(_LOWEST), 0, 45)
        for name, chosen, color in (("good", ~labels, GOOD), ("fraud", labels, FRAUD)):
            values = scores[chosen].clip(_LOWEST, 1)
            share = np.histogram(values, edges)[0] / len(values)
            axes.stairs(share, edges, color=color, fill=True, alpha=0.35)
            axes.stairs(share, edges, color=color, label=name, linewidth=1.4)
        for threshold in (policy.medium_from, policy.high_above):
            axes.axvline(threshold, color=INK, linewidth=0.9, linestyle="--")
        axes.set(xscale="log", xlabel="score (dashed: where MEDIUM and HIGH begin)", ylabel="share of its kind")
        axes.legend()

    return draw


def cost_by_threshold(scores: Floats, labels: Labels, rupees: Floats, costs: CostModel, policy: RiskPolicy) -> Draw:
    """What the test would have cost, had everything from a score on been asked about, or blocked."""

    def draw(axes: Axes) -> None:
        order = np.argsort(-scores, kind="stable")
        thresholds = scores[order].clip(_LOWEST)
        some = np.unique(np.linspace(0, len(order) - 1, 20 * _POINTS).astype(np.int64))
        rows = list(zip(rupees[order].tolist(), labels[order].tolist(), strict=True))
        allowed = np.array([costs.cost(Decision.ALLOW, amount, fraud=fraud) for amount, fraud in rows])
        allow_below = allowed.sum() - np.cumsum(allowed)
        for decision, color in ((Decision.VERIFY, GOOD), (Decision.BLOCK, FRAUD)):
            acted = np.cumsum([costs.cost(decision, amount, fraud=fraud) for amount, fraud in rows])
            total = acted + allow_below
            axes.plot(thresholds[some], total[some], color=color, label=f"{decision} from the score on")
            best = int(np.argmin(total))
            axes.plot(thresholds[best], total[best], "o", color=color, markersize=5)
            axes.annotate(
                f"{thresholds[best]:.3f}",
                (float(thresholds[best]), float(total[best])),
                (5, -13),
                textcoords="offset points",
            )
        axes.axhline(allowed.sum(), color=QUIET, linestyle=":", label="ALLOW all")
        for threshold in (policy.medium_from, policy.high_above):
            axes.axvline(threshold, color=INK, linewidth=0.9, linestyle="--")
        axes.set(xscale="log", xlabel="threshold", ylabel="rupees lost on the test", ylim=(0, 2 * allowed.sum()))
        axes.yaxis.set_major_formatter("{x:,.0f}")
        axes.legend(loc="lower left", fontsize=9)

    return draw


def leading(contributions: Sequence[Floats]) -> list[int]:
    """The features that move some sample's score most, by their place in the vector, the least of them first."""
    size = np.sum([np.abs(one).mean(axis=0) / max(np.abs(one).mean(), _TINY) for one in contributions], axis=0)
    places: list[int] = np.argsort(size, kind="stable")[-SHOWN:].tolist()
    return places


def importance(names: tuple[str, ...], contributions: Mapping[str, Floats], shown: Sequence[int]) -> Draw:
    """The mean size of what each feature adds to the log-odds, for each sample of payments.

    Args:
        names: of the features.
        contributions: by the name of the sample.
        shown: the features to show, from below.
    """

    def draw(axes: Axes) -> None:
        height = 0.8 / len(contributions)
        for number, (name, parts) in enumerate(contributions.items()):
            size, color = np.abs(parts).mean(axis=0), (GOOD, FRAUD)[number % 2]
            axes.barh(np.arange(len(shown)) - number * height, size[list(shown)], height, color=color, label=name)
        middle = height * (len(contributions) - 1) / 2
        axes.set_yticks(np.arange(len(shown)) - middle, [names[index] for index in shown])
        axes.margins(y=_EDGE)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="mean size of the contribution (log-odds)")
        axes.legend(loc="lower right")

    return draw


def summary(names: tuple[str, ...], vectors: Floats, contributions: Floats, shown: Sequence[int]) -> Draw:
    """Each payment a dot in each feature's row: where it moved the score to, coloured by the feature's value."""

    def draw(axes: Axes) -> None:
        dice = np.random.default_rng(0)
        for place, index in enumerate(shown):
            ranks = np.searchsorted(np.sort(vectors[:, index]), vectors[:, index], side="right") / len(vectors)
            heights = place + dice.uniform(-0.3, 0.3, len(vectors))
            dots = axes.scatter(
                contributions[:, index], heights, c=ranks, cmap="coolwarm", s=5, linewidths=0, vmin=0, vmax=1
            )
            dots.set_rasterized(True)
        axes.axvline(0, color=QUIET, linewidth=1)
        axes.set_yticks(range(len(shown)), [names[index] for index in shown])
        axes.margins(y=_EDGE)
        axes.grid(visible=False, axis="y")
        axes.set(xlabel="to good  ←  contribution (log-odds)  →  to fraud")

    return draw
