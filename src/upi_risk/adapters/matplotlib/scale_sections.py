"""The sections of the report on what a score means: probability, scale, and confidence beside outcomes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from upi_risk.adapters.matplotlib import curves
from upi_risk.adapters.matplotlib.drawing import WIDE, drawn
from upi_risk.adapters.matplotlib.parts import figure, section
from upi_risk.adapters.matplotlib.tables import table
from upi_risk.domain.metrics import Band
from upi_risk.domain.operating_points import Acted, BreakEven, OperatingPoints
from upi_risk.domain.report import ReportMaterial
from upi_risk.domain.scaling import Scaling


def scale_sections(of: ReportMaterial) -> list[str]:
    """What a probability is worth, what a score means, and how sure it makes."""
    labels, raw = np.asarray(of.test.labels).astype(bool), np.asarray(of.raw, dtype=np.float64)
    meaning, split = of.card.meaning, f"Measured on {of.record.split}."
    calibrated = np.array([meaning.calibrated(answer) for answer in of.raw])
    probabilities = np.array([meaning.probability(answer) for answer in of.raw])
    answers = {"raw": raw, "calibrated": calibrated} if meaning.calibration else {"raw": raw}
    scores = np.asarray(of.scores, dtype=np.float64)
    diagram = drawn("reliability", "Reliability diagram", curves.reliability(answers, labels), **WIDE)
    scale = drawn("scale", "Scale of scores", curves.scale(probabilities, scores, of.policy), **WIDE)
    return [
        section(
            "Can a probability be taken at its word?",
            "On the dotted line, of payments with a probability of 0.2 one in five is fraud. "
            "Above it the model is not sure enough, below it too sure.",
            figure(diagram, "Probability and outcome, by band; both axes are logarithmic."),
            *_reliability(of.record.scaling, split),
        ),
        section(
            "What a score means",
            _told(of.record.scaling),
            figure(scale, "The score of each probability; it rises strictly, so the order of payments is the same."),
            *_points(of.record.scaling),
        ),
        section(
            "How sure is it?",
            "The confidence of an answer is the share of fraud, or of good payments, that its score had in the earlier "
            "half of the test; here beside what came in the later half.",
            _confidence(of.record.bands, split),
        ),
    ]


def _reliability(scaling: Scaling | None, split: str) -> list[str]:
    if scaling is None or scaling.before is None or scaling.after is None:
        return []
    rows = [
        (name, f"{held.brier:.5f}", f"{held.log_loss:.5f}", f"{held.said:.5f}", f"{held.came:.5f}")
        for name, held in (("raw", scaling.before), ("calibrated", scaling.after))
    ]
    bands = [
        (f"{band.upto:g}", f"{band.rows:,}", f"{band.said:.4f}", f"{band.came:.4f}") for band in scaling.after.bands
    ]
    return [
        table(
            ("", "Brier score", "log loss", "mean probability", "fraud that came"), rows, f"Lower is better. {split}"
        ),
        table(("probability up to", "payments", "said", "came"), bands, f"Calibrated. {split}"),
    ]


def _told(scaling: Scaling | None) -> str:
    if scaling is None or scaling.meaning.scale is None:
        return "This model has no scale of its own: its probability is the score. " + " ".join(
            scaling.notes if scaling else ()
        )
    corrected = ""
    if scaling.meaning.base_rate is not None:
        corrected = f"Fraud is taken to be {scaling.meaning.base_rate.served:.3g} of payments where it serves. "
    wishes = scaling.wishes
    return (
        f"On {scaling.rows:,} payments of {scaling.period}, {scaling.frauds:,} of them known as fraud, later than "
        "those a model for the purpose was grown on and all before the test, it was looked for where acting would have "
        f"cost least: VERIFY for at most {wishes.alert_budget * 100:g} % of payments, BLOCK where at least "
        f"{wishes.block_precision * 100:g} % are fraud. There the scale has 0.35 and 0.65. {corrected}"
        "Costs are those below."
    )


def _points(scaling: Scaling | None) -> list[str]:
    if scaling is None:
        return []
    content = []
    if scaling.points is not None:
        names = ("Decision", "probability from", "of payments", "precision", "recall")
        content.append(table(names, _acts(scaling.points), f"On payments of {scaling.period}, not of the test."))
    amounts = ("Rupees", "VERIFY pays from", "BLOCK pays from")
    caption = "The probability from which acting on a payment of this amount pays, by the costs assumed."
    return [*content, table(amounts, map(_break_even, scaling.break_evens), caption)]


def _acts(points: OperatingPoints) -> list[Sequence[str]]:
    blocked: tuple[str, str, str] = ("never paid", "", "") if points.block is None else _acted(points.block)
    return [
        ("VERIFY and BLOCK", f"{points.verify_from:.3g}", *_acted(points.verify)),
        ("BLOCK", f"{points.block_above:.3g}", *blocked),
    ]


def _acted(acted: Acted) -> tuple[str, str, str]:
    return f"{acted.share:.3%}", f"{acted.precision:.3f}", f"{acted.recall:.3f}"


def _break_even(even: BreakEven) -> tuple[str, str, str]:
    return f"{even.rupees:,}", _share(even.verify), _share(even.block)


def _share(p: float | None) -> str:
    return "never" if p is None else f"{p:.3%}"


def _confidence(bands: Sequence[Band], split: str) -> str:
    rows = [(f"{band.upto:g}", f"{band.rows:,}", f"{band.expected:.4f}", f"{band.observed:.4f}") for band in bands]
    return table(("score up to", "payments", "fraud expected", "fraud that came"), rows, split)
