"""The trainer that ships, but for what its cost goes into: few draws for an interval, and no figures in the report."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from upi_risk.adapters.numpy.evaluation import evaluate
from upi_risk.application.train_model import TrainModel
from upi_risk.bootstrap.commands.train import INSTRUMENTS, build_trainer
from upi_risk.domain.report import ReportMaterial
from upi_risk.domain.stream import FileForm

FEW_DRAWS = 20


def a_line(of: ReportMaterial) -> str:
    """A report of one line; the page itself has tests of its own."""
    return f"Model {of.card.version}: {of.test.rows} payments, {len(of.explained.vectors)} explained, {of.costs}"


def quick_trainer(workers: int = 1, form: FileForm | None = None, engine: str | None = None) -> TrainModel:
    """For tests whose subject is neither how wide an interval is nor how the report looks."""
    quick = replace(INSTRUMENTS, evaluate=partial(evaluate, repetitions=FEW_DRAWS), render=a_line)
    return build_trainer(workers, form or FileForm(), engine, instruments=quick)
