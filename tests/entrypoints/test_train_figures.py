"""What ``upi-risk train`` prints fits a terminal of 80 columns, and no figure is broken in two."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.learning import a_record, a_small_model, an_evaluation
from upi_risk.application.train_model import Trained, TrainingOrder
from upi_risk.domain.evaluation import Estimate, Evaluation, Part
from upi_risk.domain.learning_ports import Usage
from upi_risk.entrypoints.cli.train_figures import print_trained


def printed(evaluation: Evaluation, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", "80")
    record = replace(a_record(), evaluation=evaluation)
    order = TrainingOrder(Path("payments.csv"), Path("v9"), "v9")
    print_trained(order, Trained(a_small_model()[1], record, Usage(12, 345), ()))
    return capsys.readouterr().out


def with_figures(of: Evaluation, share: Estimate, count: Estimate, alerts: int) -> Evaluation:
    points = tuple(
        replace(
            point,
            alerts=alerts,
            precision=share,
            recall=share,
            f1=share,
            rupee_recall=share,
            rupees_saved=count,
            good_stopped=count,
        )
        for point in of.points
    )
    part = Part("impersonation", 99_999_999, 9_999, share, share, share, share)
    return replace(of, points=points, by_pattern=(part,))


@pytest.mark.parametrize(
    ("count", "value", "interval"),
    [
        (Estimate(1_314_401, 855_000, 1_754_000), "1,314,401", "855k-1.8M"),
        (Estimate(4_010, 3_859, 4_148), "4,010", "3.9k-4.1k"),
        (Estimate(9_999_999, 9_960, 999_600), "9,999,999", "10k-1.0M"),
        (Estimate(123_456_789, 99_960_000, 1_234_000_000), "123M", "100M-1.2B"),
        (Estimate(13, 6, 20), "13", "6-20"),
        (Estimate(13, 0, 999.7), "13", "0-1.0k"),
    ],
)
def test_no_figure_of_an_operating_point_is_broken(
    count: Estimate,
    value: str,
    interval: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Red with intervals that are printed in full: they fold inside a number."""
    out = printed(with_figures(an_evaluation(), Estimate(0.5, 0.25, 0.75), count, 9_999), capsys, monkeypatch)
    lines = [line.split() for line in out.splitlines()]
    assert lines.count([*[".250-.750"] * 4, interval, interval]) == 6
    assert ["MEDIUM", ".3500", "9,999", *["0.500"] * 4, value, value] in lines
    assert max(map(len, out.splitlines())) <= 80


def test_figures_by_pattern_are_not_broken_either(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = with_figures(an_evaluation(), Estimate(0.999, 0.985, 0.9999), Estimate(13, 6, 20), 12_345)
    lines = [line.split() for line in printed(figures, capsys, monkeypatch).splitlines()]
    assert ["pattern", "99,999,999", "9,999", *["0.999"] * 4] in lines
    assert ["impersonation", *[".985-1.0"] * 4] in lines
    assert [line[2] for line in lines if line[:1] == ["HIGH"]] == ["12k"]
