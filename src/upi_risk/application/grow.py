"""Growing a model on a period, with as many trees as were asked for, or as many as were found to help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from upi_risk.domain.examples import Examples
from upi_risk.domain.learning_ports import Learner
from upi_risk.domain.stopping import Stopping, stopping_parts
from upi_risk.domain.training import HyperParameters, Split


def grow(
    learner: Learner,
    tables: Sequence[Examples],
    split: Split,
    parameters: HyperParameters,
    progress: Callable[[float], None],
) -> tuple[bytes, Stopping | None]:
    """Grow a model on a whole training period.

    With early stopping the number of trees is found on the period's last part first; nothing of it is then left out.

    Args:
        learner: grows.
        tables: the payments to learn from, once for each unit.
        split: which payments they are.
        parameters: how.
        progress: told the share that is done, from time to time.

    Returns:
        The content of the model file, and how the number of trees was found.

    Raises:
        UnusableDataError: the period is too short to stop early.
    """
    if not parameters.early_stopping:
        return learner.learn(tables, parameters, progress), None
    learned, watched = stopping_parts(tables, split)
    trees = learner.trees_needed(learned, watched, parameters, lambda done: progress(done / 2))
    model = learner.learn(tables, replace(parameters, iterations=trees), lambda done: progress((1 + done) / 2))
    return model, Stopping(
        rounds=parameters.early_stopping,
        most_trees=parameters.iterations,
        trees=trees,
        learned_rows=sum(part.rows for part in learned),
        watched_rows=sum(part.rows for part in watched),
        watched_frauds=sum(part.frauds for part in watched),
    )
