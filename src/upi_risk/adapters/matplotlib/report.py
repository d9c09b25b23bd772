"""``report.html``: what a fraud analyst wants to know of a model, on one page that needs nothing else."""

from __future__ import annotations

from html import escape
from importlib.resources import files

import numpy as np

from upi_risk.adapters.matplotlib import curves, tables
from upi_risk.adapters.matplotlib.drawing import WIDE, drawn
from upi_risk.adapters.matplotlib.parts import figure, section
from upi_risk.adapters.matplotlib.scale_sections import scale_sections
from upi_risk.domain.cost import CostModel
from upi_risk.domain.evaluation import Cut, Estimate, Evaluation
from upi_risk.domain.report import ReportMaterial


def render(of: ReportMaterial) -> str:
    """The page, in UTF-8; the same material gives the same text."""
    record, split = of.record, f"Measured on {of.record.split}."
    sections = [_head(of)]
    if record.evaluation is not None:
        sections += [_keys(record.evaluation), _acting(record.evaluation, split)]
    if record.verdict is not None:
        text = "Only what passes should serve. The guide's targets stand beside, met or missed."
        text = " ".join((text, *(f"Not a fair comparison: {doubt}" for doubt in record.verdict.doubts)))
        sections.append(section("May it serve?", text, tables.checks(record.verdict, split)))
    sections += [*_curves(of), _looks_at(of)]
    if record.evaluation is not None:
        sections.append(_where(record.evaluation, split))
    sections.append(_drift(of))
    if record.validation is not None:
        text = (
            "The same way of growing, tried on several periods within training, and on random parts of it. "
            f"The random split flatters by {record.validation.auc_optimism:+.4f} AUC and "
            f"{record.validation.average_precision_optimism:+.4f} average precision: it learns from what comes after."
        )
        within = f"Within the training period of {record.split}; the test period is not touched."
        sections.append(section("Does it hold in other weeks?", text, tables.validation(record.validation, within)))
    if record.tuning is not None:
        within = f"Means over folds within the training period of {record.split}; below, the worst and the best fold."
        sections.append(section("What else was tried?", str(record.tuning), tables.tuning(record.tuning, within)))
    sections.append(section("How it was made", "", tables.making(record, "Enough to make it again.")))
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Model {escape(of.card.version)}</title>\n<style>\n{style}</style></head>\n"
        "<body><main>\n" + "\n".join(sections) + "\n</main></body>\n</html>\n"
    )


def _head(of: ReportMaterial) -> str:
    verdict = of.record.verdict
    told = ""
    if verdict is not None:
        told = f'<p class="verdict{"" if verdict.passed else " failed"}">{escape(str(verdict))}</p>'
    rows = f"{of.test.rows:,} later payments, {of.test.frauds:,} of them fraud; {escape(of.record.source.name)}"
    return (
        f"<header><h1>Model {escape(of.card.version)}</h1>"
        f'<p class="split">{escape(str(of.record.split))}; times in UTC<br>{rows}</p>{told}</header>'
    )


def _keys(evaluation: Evaluation) -> str:
    def key(name: str, estimate: Estimate, says: str) -> str:
        ends = f"{estimate.low:.3f} &ndash; {estimate.high:.3f}"
        return f'<div class="key"><span>{name}</span><b>{estimate.value:.3f}</b><span>{ends}<br>{says}</span></div>'

    return (
        '<div class="keys">'
        + "".join(
            (
                key("AUC", evaluation.auc, "a fraud scores above a good payment"),
                key("Average precision", evaluation.average_precision, "mean precision over all recalls"),
                key("Card precision@100", evaluation.card_precision_at_100, "of 100 payers looked at each day"),
                key("Rupees found", evaluation.at(Cut.RATE_0_5).rupee_recall, "looking at 5 payments in 1,000"),
            )
        )
        + "</div>"
    )


def _acting(evaluation: Evaluation, split: str) -> str:
    text = (
        "Each row acts on every payment from some score on. Below each figure is its 95 % interval: what it came to "
        f"when payers were drawn again, {evaluation.repetitions} times, all payments of a payer together."
    )
    return section("What acting on it does", text, tables.points(evaluation, split))


def _curves(of: ReportMaterial) -> list[str]:
    scores, labels = np.asarray(of.scores, dtype=np.float64), np.asarray(of.test.labels).astype(bool)
    rupees = np.asarray(of.test.paise) / 100
    roc = drawn("roc", "ROC curve", curves.roc(scores, labels))
    pr = drawn("pr", "Precision-recall curve", curves.precision_recall(scores, labels, of.policy))
    spread = drawn("scores", "Distribution of scores", curves.distributions(scores, labels, of.policy), **WIDE)
    cost = curves.cost_by_threshold(scores, labels, rupees, of.costs, of.policy)
    return [
        section(
            "How well it ranks",
            "The further a curve is from its dotted line, the better. Fraud is rare, so the second one tells more.",
            '<div class="two">',
            figure(roc, "ROC. Dotted: a coin."),
            figure(pr, "Precision and recall, with the policy's two thresholds. Dotted: flagging at random."),
            "</div>",
        ),
        *scale_sections(of),
        section("Where the scores lie", "", figure(spread, "Good payments and frauds by score.")),
        section(
            "What a threshold costs",
            _assumed(of.costs),
            figure(
                drawn("cost", "Cost against threshold", cost, **WIDE),
                "Rupees lost on the test when everything from a score on is asked about, or blocked. "
                "Dots: the cheapest threshold. Dashed: the policy's. A cost fitted on the test is a little too good.",
            ),
        ),
    ]


def _assumed(costs: CostModel) -> str:
    return (
        f"Assumed, and to be replaced by your own: {costs.recovered:.0%} of a stolen amount comes back; asking costs "
        f"{costs.verify_rupees:g} rupees, stops {costs.verify_stops:.0%} of frauds and loses {costs.abandoned:.0%} of "
        f"good payments, each worth {costs.margin_rupees:g} rupees; a good payment blocked costs "
        f"{costs.block_rupees:g} rupees and {costs.block_share:.1%} of its amount."
    )


def _looks_at(of: ReportMaterial) -> str:
    names = of.card.features
    every, riskiest = (np.asarray(one.contributions) for one in (of.explained, of.riskiest))
    vectors = np.concatenate([np.asarray(one.vectors) for one in (of.explained, of.riskiest)])
    shown, samples = curves.leading([every, riskiest]), {"any payment": every, "the riskiest": riskiest}
    size = {"height": 1.1 + 0.26 * len(shown)}
    bars = drawn("importance", "Importance of features", curves.importance(names, samples, shown), **size)
    swarm = curves.summary(names, vectors, np.concatenate([every, riskiest]), shown)
    dots = drawn("shap", "SHAP values", swarm, **size)
    few = f" The {len(shown)} of {len(names)} features that move scores most." if len(shown) < len(names) else ""
    return section(
        "What it looks at",
        f"Contributions (SHAP values) of {len(every):,} payments spread evenly over the test, nearly all of them good, "
        f"and of the {len(riskiest):,} with the highest scores.{few}",
        '<div class="two">',
        figure(bars, "How much each feature moves the score, on average."),
        figure(dots, "Each dot a payment of either sample. Red: the feature is high for this payment, blue: low."),
        "</div>",
    )


def _where(evaluation: Evaluation, split: str) -> str:
    content = [tables.parts(evaluation.by_month, "Month", split)]
    if evaluation.by_pattern:
        with_all = f"Frauds of one kind with all good payments. {split}"
        content.append(tables.parts(evaluation.by_pattern, "Fraud pattern", with_all))
    text = "Recall and rupees are those of MEDIUM and HIGH together."
    return section("Where it is good, and where not", text, *content)


def _drift(of: ReportMaterial) -> str:
    text = (
        "The population stability index of each feature between training and test. By rule of thumb, below 0.1 nothing "
        "happened; from 0.25 on the payments are others than those learned from."
    )
    return section(
        "Are these the payments it learned from?", text, tables.drift(of.record.drift, f"{of.record.split}.")
    )
