"""``upi-risk simulate``, and what it works with."""

from __future__ import annotations

import os

import polars as pl

from upi_risk.adapters.polars.features import feature_table
from upi_risk.adapters.polars.transactions_file import read_transactions
from upi_risk.adapters.simulator.acceptance import Stream
from upi_risk.adapters.simulator.world import SimulatedWorld
from upi_risk.adapters.system.usage import process_usage
from upi_risk.application.simulate import Simulate
from upi_risk.domain.simulation import SimulationOrder
from upi_risk.entrypoints.cli.simulate import simulate_command


def read_stream(order: SimulationOrder) -> Stream:
    """What was written, opened through the door that every transactions file comes in by, and its truth."""
    frame = read_transactions(order.out).frame
    return Stream(frame, feature_table(frame), pl.read_parquet(order.truth))


def build_simulation() -> Simulate:
    """The use case over numpy, Polars and Parquet files."""
    return Simulate(SimulatedWorld(read_stream, os.cpu_count() or 1), process_usage)


command = simulate_command(build_simulation)
