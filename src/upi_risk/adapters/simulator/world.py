"""The population as a whole: made part after part, written, judged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from upi_risk.adapters.simulator.acceptance import Stream, population_figures
from upi_risk.adapters.simulator.arrays import Part, dice
from upi_risk.adapters.simulator.difficulty import difficulty_figures
from upi_risk.adapters.simulator.episodes import draw_episodes, steal
from upi_risk.adapters.simulator.files import write, write_record
from upi_risk.adapters.simulator.labels import false_reports, reports_of_fraud
from upi_risk.adapters.simulator.ledger import Frauds, Ledger, join
from upi_risk.adapters.simulator.legit import honest_payments
from upi_risk.adapters.simulator.mules import stolen_to
from upi_risk.adapters.simulator.names import receiver_names
from upi_risk.adapters.simulator.population import Users, populate
from upi_risk.adapters.simulator.receivers import Receivers, directory
from upi_risk.adapters.simulator.rhythm import calendar
from upi_risk.domain.simulation import Figure, Simulated, SimulationOrder

Progress = Callable[[str, float], None]


class SimulatedWorld:
    """Makes payments with numpy and keeps them in Parquet files."""

    def __init__(self, read: Callable[[SimulationOrder], Stream], workers: int) -> None:
        """``read`` opens what was written as any stream is opened; ``workers`` threads judge it."""
        self._read = read
        self._workers = workers

    def make(self, order: SimulationOrder, progress: Progress) -> tuple[int, int, int]:
        """Write the transactions and the truth; see the port."""
        progress("People and places", 0.0)
        users = populate(order.users, order.days, dice(order.seed, Part.PEOPLE))
        receivers = directory(order.users, users.localities, order.days, dice(order.seed, Part.PLACES))
        ledger, fresh = _ledger(order, users, receivers, progress)
        progress("Writing", 0.3)
        table = write(order, ledger, users, receiver_names(receivers, fresh, dice(order.seed, Part.NAMES)))
        return table.height, int(table["y_true"].sum()), int(table["is_fraud"].sum())

    def judge(self, order: SimulationOrder, progress: Progress) -> tuple[Figure, ...]:
        """Measure what was written; see the port."""
        progress("Computing features", 0.4)
        stream = self._read(order)
        figures = population_figures(stream, order)
        return *figures, *difficulty_figures(stream, self._workers, progress)

    def record(self, simulated: Simulated) -> None:
        """Write the record; see the port."""
        write_record(simulated)


def _ledger(order: SimulationOrder, users: Users, receivers: Receivers, progress: Progress) -> tuple[Ledger, int]:
    """Everything that was paid, and how many fresh accounts fraudsters opened."""
    progress("Honest payments", 0.05)
    days = calendar(order.start, order.days, dice(order.seed, Part.CALENDAR))
    honest = honest_payments(users, receivers, days, order.seed)
    progress("Frauds", 0.2)
    rng = dice(order.seed, Part.FRAUD)
    episodes = draw_episodes(users, honest, order, rng)
    stolen = steal(episodes, users, order.days, rng)
    receiver, opened = stolen_to(episodes, stolen, honest, receivers, rng)
    labels = dice(order.seed, Part.LABELS)
    reported = [false_reports(honest.purpose, honest.at, labels), reports_of_fraud(episodes, stolen, labels)]
    frauds = Frauds(episodes, stolen, receiver)
    ledger = join(users, honest, frauds, np.concatenate(reported), dice(order.seed, Part.SIGN_INS))
    return ledger, len(opened)
