"""Whether a model may serve: better than a floor, and no worse than the one that serves now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from upi_risk.domain.evaluation import Cut, Estimate, Evaluation


@dataclass(frozen=True, slots=True)
class Stretch:
    """A period of a file of payments, learned from or measured on.

    Attributes:
        file: its name, for people.
        sha256: of its content; tells files apart.
        begin: the first instant.
        end: the instant it ends before.
    """

    file: str
    sha256: str
    begin: datetime
    end: datetime

    def overlap(self, other: Stretch) -> str | None:
        """The days (UTC) that both have, as printed, whatever the files; None when they have none."""
        begin, end = max(self.begin, other.begin), min(self.end, other.end)
        return None if begin >= end else f"{begin:%Y-%m-%d} .. {end:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Rival:
    """The model that serves now, on the payments that the new one is measured on.

    Attributes:
        version: its name.
        evaluation: what it reaches there.
        learned: what it learned from.
    """

    version: str
    evaluation: Evaluation
    learned: Stretch

    def doubts(self, test: Stretch) -> tuple[str, ...]:
        """Why it is not fair to compare with it on this test, a sentence each; none when it is."""
        told, other = [], self.learned.sha256 != test.sha256
        if other:
            told.append(
                f"{self.version} learned from another file, {self.learned.file}: unless that is of the same service, "
                "it does worse here than on payments like its own, and the bounds are too low."
            )
        if days := self.learned.overlap(test):
            told.append(
                f"{self.version} learned from {days}, days that the test has"
                + (", in another file: if the payments are the same, " if other else ": ")
                + "it has seen how they ended, and the bounds are too high."
            )
        return tuple(told)


@dataclass(frozen=True, slots=True)
class Check:
    """One condition.

    Attributes:
        name: of the figure.
        value: what the model reached.
        bound: what it had to reach.
        inclusive: whether the bound itself will do.
        required: whether the gate hangs on it; otherwise it is told beside.
        why: where the bound comes from.
    """

    name: str
    value: float
    bound: float
    inclusive: bool
    required: bool
    why: str

    @property
    def met(self) -> bool:
        """Whether the figure is good enough. One that is no number never is."""
        return self.value > self.bound or (self.inclusive and self.value == self.bound)

    @property
    def by(self) -> float:
        """How far above the bound it is; negative when below."""
        return self.value - self.bound


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says.

    Attributes:
        checks: the gate's own conditions, then the guide's targets.
        against: the version compared with; None when there was none.
        strict: whether the targets were part of the gate.
        doubts: why the comparison is not fair, a sentence each. They do not change what passes: where a bound is too
            high or too low cannot be told, only that it is.
    """

    checks: tuple[Check, ...]
    against: str | None
    strict: bool
    doubts: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the model may serve."""
        return all(check.met for check in self.checks if check.required)

    def __str__(self) -> str:
        """One sentence: passes or fails, and by how much; and one for each doubt about the comparison."""
        required = [check for check in self.checks if check.required]
        failed = [check for check in required if not check.met]
        told = ", ".join(
            f"{check.name} {check.value:.4f} is {abs(check.by):.4f} {'above' if check.by >= 0 else 'below'}"
            f" {check.bound:.4f} ({check.why})"
            for check in failed or required
        )
        verdict = f"{'The gate is passed' if self.passed else 'The gate is not passed'}: {told}."
        return " ".join((verdict, *(f"Not a fair comparison: {doubt}" for doubt in self.doubts)))


@dataclass(frozen=True, slots=True)
class AcceptanceGate:
    """What a model must reach to serve.

    Attributes:
        auc_above: the floor of the AUC.
        precision_above: the guide's target, at the score where MEDIUM begins.
        recall_above: the guide's target, there.
        f1_above: the guide's target, there.
    """

    auc_above: float = 0.90
    precision_above: float = 0.85
    recall_above: float = 0.80
    f1_above: float = 0.82

    def judge(self, new: Evaluation, test: Stretch, serving: Rival | None, *, strict: bool = False) -> Verdict:
        """Judge a model.

        Args:
            new: the model, measured.
            test: what it was measured on.
            serving: the model that serves now, on the same payments; None: there is nothing to compare with, and the
                floor alone counts.
            strict: the guide's targets are part of the gate.
        """
        checks = [Check("AUC", new.auc.value, self.auc_above, inclusive=False, required=True, why="the floor")]
        if serving is not None:
            version, old = serving.version, serving.evaluation
            checks += [
                _no_worse("average precision", new.average_precision, old.average_precision, version),
                _no_worse("rupee recall at 0.5 % alerts", _rupee_recall(new), _rupee_recall(old), version),
            ]
        point = new.at(Cut.MEDIUM)
        targets = (
            ("precision", point.precision, self.precision_above),
            ("recall", point.recall, self.recall_above),
            ("F1", point.f1, self.f1_above),
        )
        checks += [
            Check(name, figure.value, bound, inclusive=False, required=strict, why="the guide's target")
            for name, figure, bound in targets
        ]
        if serving is None:
            return Verdict(tuple(checks), None, strict)
        return Verdict(tuple(checks), serving.version, strict, serving.doubts(test))


def _rupee_recall(evaluation: Evaluation) -> Estimate:
    return evaluation.at(Cut.RATE_0_5).rupee_recall


def _no_worse(name: str, new: Estimate, old: Estimate, version: str) -> Check:
    """Not below what chance may have given the other: the lower end of its interval."""
    why = f"{version} has {old.value:.4f}, at least {old.low:.4f}"
    return Check(name, new.value, old.low, inclusive=True, required=True, why=why)
