"""The section of ``MODEL_CARD.md`` on what a score means."""

from __future__ import annotations

from upi_risk.domain.scaling import Scaling


def meaning_section(scaling: Scaling) -> str:
    """From raw answers to scores, and how well probabilities held on the test."""
    meaning, points = scaling.meaning, scaling.points
    lines = [*scaling.notes]
    if (calibration := meaning.calibration) is not None:
        lines.append(
            f"Calibrated on {scaling.rows:,} payments of {scaling.period}, {scaling.frauds:,} of them known as fraud: "
            f"the log-odds are {calibration.fraud:.4f} log(p) - {calibration.good:.4f} log(1 - p) "
            f"{calibration.offset:+.4f} of a raw answer p."
        )
    if (base_rate := meaning.base_rate) is not None:
        lines.append(f"Corrected from a share of fraud of {base_rate.learned:.3g} to {base_rate.served:.3g}.")
    if points is not None:
        lines.append(
            f"A score of 0.35 is a probability of {points.verify_from:.3g}, from which VERIFY pays"
            f"{' within the alert budget' if points.budget_bound else ''}; "
            f"0.65 is {points.block_above:.3g}, above which BLOCK "
            f"{'never was seen to pay' if points.block is None else 'pays'}. "
            f"In between, and beyond, the log-odds of score and probability lie on straight lines."
        )
    if scaling.before is not None and scaling.after is not None:
        lines.append(
            f"On the test, Brier score {scaling.before.brier:.5f} before calibration and {scaling.after.brier:.5f} "
            f"after, log loss {scaling.before.log_loss:.5f} and {scaling.after.log_loss:.5f}."
        )
    return "## What a score means\n\n" + "\n".join(f"- {line}" for line in lines)
