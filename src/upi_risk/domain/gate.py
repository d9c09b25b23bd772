"""Whether a model may serve: better than a floor, and no worse than the one that serves now."""

from __future__ import annotations

from dataclasses import dataclass

from upi_risk.domain.evaluation import Cut, Estimate, Evaluation


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
    """

    checks: tuple[Check, ...]
    against: str | None
    strict: bool

    @property
    def passed(self) -> bool:
        """Whether the model may serve."""
        return all(check.met for check in self.checks if check.required)

    def __str__(self) -> str:
        """One sentence: passes or fails, and by how much."""
        required = [check for check in self.checks if check.required]
        failed = [check for check in required if not check.met]
        told = ", ".join(
            f"{check.name} {check.value:.4f} is {abs(check.by):.4f} {'above' if check.by >= 0 else 'below'}"
            f" {check.bound:.4f} ({check.why})"
            for check in failed or required
        )
        return f"{'The gate is passed' if self.passed else 'The gate is not passed'}: {told}."


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

    def judge(self, new: Evaluation, serving: tuple[str, Evaluation] | None, *, strict: bool = False) -> Verdict:
        """Judge a model.

        Args:
            new: the model, measured.
            serving: the name of the model that serves now, and what it reaches on the same payments; None: there is
                nothing to compare with, and the floor alone counts.
            strict: the guide's targets are part of the gate.
        """
        checks = [Check("AUC", new.auc.value, self.auc_above, inclusive=False, required=True, why="the floor")]
        if serving is not None:
            version, old = serving
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
        return Verdict(tuple(checks), serving and serving[0], strict)


def _rupee_recall(evaluation: Evaluation) -> Estimate:
    return evaluation.at(Cut.RATE_0_5).rupee_recall


def _no_worse(name: str, new: Estimate, old: Estimate, version: str) -> Check:
    """Not below what chance may have given the other: the lower end of its interval."""
    why = f"{version} has {old.value:.4f}, at least {old.low:.4f}"
    return Check(name, new.value, old.low, inclusive=True, required=True, why=why)
