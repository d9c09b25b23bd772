"""From raw answers to scores: a calibration, a base rate and a scale, found on later payments than were learned.

All of it happens within the training period. A model grown on its earlier part, by the labels known when that part was
over, answers for the later part; what those answers were worth says how to read the answers of the model that is grown
on the whole period. The test is never looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from upi_risk.domain.calibration import LEAST_FRAUDS, BaseRate, FitCalibration
from upi_risk.domain.cost import CostModel
from upi_risk.domain.examples import Examples
from upi_risk.domain.learning_ports import Learner
from upi_risk.domain.meaning import Meaning
from upi_risk.domain.operating_points import OperatingPoints, ScaleWishes, break_evens, choose_operating_points
from upi_risk.domain.policy import RiskPolicy
from upi_risk.domain.reliability import reliability
from upi_risk.domain.scaling import Scaling
from upi_risk.domain.training import HyperParameters, Split


@dataclass(frozen=True, slots=True)
class LaterPart:
    """The training period and its two parts, to find out what answers are worth.

    Attributes:
        whole: all of it, amounts as in the file; tells the share of fraud where nothing can be calibrated.
        split: of the training period; None: it is too short for the label delay.
        learned: the earlier part, a table a unit; empty without a split.
        judged: the later part, amounts as in the file; None without a split.
    """

    whole: Examples
    split: Split | None = None
    learned: Sequence[Examples] = ()
    judged: Examples | None = None


class CalibrateModel:
    """Grow on the earlier part, ask about the later one, fit, choose."""

    def __init__(self, learner: Learner, fit: FitCalibration) -> None:
        self._learner = learner
        self._fit = fit

    def __call__(
        self,
        part: LaterPart,
        parameters: HyperParameters,
        wishes: ScaleWishes,
        costs: CostModel,
        progress: Callable[[float], None],
    ) -> Scaling:
        """Find out what raw answers mean.

        Args:
            part: the earlier and the later part of the training period.
            parameters: how the model is grown.
            wishes: what the scale is for.
            costs: of decisions.
            progress: told the share that is done.
        """
        known = Scaling(wishes, break_evens=break_evens(costs))
        if not wishes.wanted:
            return _uncorrected(known, part.whole, "it was asked for")
        if part.split is None or part.judged is None:
            return _uncorrected(known, part.whole, "the training period is too short for the label delay")
        frauds = min(part.learned[0].frauds, part.judged.frauds)
        if frauds < LEAST_FRAUDS:
            why = f"a part of the training period has {frauds:,} known frauds, and {LEAST_FRAUDS} are the least"
            return _uncorrected(known, part.whole, why)
        raw = self._learner.probabilities(self._learner.learn(part.learned, parameters, progress), part.judged)
        calibration = self._fit(raw, part.judged.labels.tolist())
        base_rate = _base_rate(part.judged, wishes)
        meaning, points = _scaled(Meaning(calibration, base_rate), raw, part.judged, costs, wishes)
        notes = () if points else ("Asking never pays within the alert budget; probabilities are scores as they are.",)
        return replace(
            known,
            meaning=meaning,
            period=part.split.test_period,
            rows=part.judged.rows,
            frauds=part.judged.frauds,
            points=points,
            notes=notes,
        )


def held_against(scaling: Scaling, raw: Sequence[float], test: Examples) -> Scaling:
    """The same, with how far raw and calibrated answers could be taken at their word on the test."""
    labels = test.labels.tolist()
    calibrated = [scaling.meaning.calibrated(answer) for answer in raw]
    return replace(scaling, before=reliability(raw, labels), after=reliability(calibrated, labels))


def _uncorrected(known: Scaling, train: Examples, why: str) -> Scaling:
    note = f"Nothing was calibrated, and probabilities are scores as they are: {why}."
    return replace(known, meaning=Meaning(base_rate=_base_rate(train, known.wishes)), notes=(note,))


def _base_rate(examples: Examples, wishes: ScaleWishes) -> BaseRate | None:
    return None if wishes.base_rate is None else BaseRate(examples.frauds / examples.rows, wishes.base_rate)


def _scaled(
    meaning: Meaning, raw: Sequence[float], judged: Examples, costs: CostModel, wishes: ScaleWishes
) -> tuple[Meaning, OperatingPoints | None]:
    """With the scale on which the policy's thresholds are where acting pays."""
    probabilities = map(meaning.probability, raw)
    rows = list(zip(probabilities, judged.labels.tolist(), judged.paise.tolist(), strict=True))
    points = choose_operating_points(rows, costs, wishes, meaning.base_rate)
    if points is None:
        return meaning, None
    policy = RiskPolicy()
    return replace(meaning, scale=points.scale(policy.medium_from, policy.high_above)), points
