"""The transactions file, the truth beside it, and the record of how they came to be."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime
from importlib.metadata import version

import numpy as np
import polars as pl

from upi_risk.adapters.simulator import parameters, scenarios
from upi_risk.adapters.simulator.ledger import NONE, Ledger
from upi_risk.adapters.simulator.parameters import FRAUDULENT, PURPOSES
from upi_risk.adapters.simulator.population import Users
from upi_risk.adapters.simulator.scenarios import SCENARIOS
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.indian_time import DAY_US, IST_OFFSET_US, epoch_us
from upi_risk.domain.simulation import Simulated, SimulationOrder

TRANSACTION_COLUMNS = (
    "event_time", "user_id", "receiver_id", "amount", "is_fraud", "reported_at", "signed_up_at", "login_count",
)  # fmt: skip
TRUTH_COLUMNS = (
    "event_time", "user_id", "receiver_id",
    "y_true", "scenario", "stealth", "purpose", "episode", "new_device", "locality",
)  # fmt: skip
"""The first three tell which payment is meant."""

_INSTANT = pl.Datetime("us", "UTC")


def write(order: SimulationOrder, ledger: Ledger, users: Users, names: pl.Series) -> pl.DataFrame:
    """Write payments and truth in order of time; returns the whole table.

    Raises:
        UnusableDataError: the folder cannot be written.
    """
    table = _table(order, ledger, users, names)
    try:
        order.out.parent.mkdir(parents=True, exist_ok=True)
        table.select(TRANSACTION_COLUMNS).write_parquet(order.out)
        table.select(TRUTH_COLUMNS).write_parquet(order.truth)
    except OSError as error:
        raise UnusableDataError(f"{order.out} cannot be written: {error.strerror}.") from error
    return table


def write_record(simulated: Simulated) -> None:
    """Write what was ordered, every parameter, and every figure with its target."""
    order = simulated.order
    figures = [
        {
            "name": f.name,
            "value": round(f.value, 6),
            "low": f.low,
            "high": f.high,
            "met": f.met if f.has_target else None,
        }
        for f in simulated.figures
    ]
    record = {
        "users": order.users,
        "days": order.days,
        "seed": order.seed,
        "start": order.start.isoformat(),
        "prevalence": order.prevalence,
        "drift": order.drift,
        "payments": simulated.payments,
        "frauds": simulated.frauds,
        "reported": simulated.reported,
        "libraries": {name: version(name) for name in ("catboost", "numpy", "polars")},
        "figures": figures,
        "parameters": {
            "segments": [dataclasses.asdict(entry) for entry in parameters.SEGMENTS],
            "purposes": [dataclasses.asdict(entry) for entry in parameters.PURPOSES],
            "scenarios": [dataclasses.asdict(entry) for entry in scenarios.SCENARIOS],
            "habits": dataclasses.asdict(parameters.HABITS),
            "rhythm": dataclasses.asdict(parameters.RHYTHM),
            "money": dataclasses.asdict(parameters.MONEY),
            "places": dataclasses.asdict(parameters.PLACES),
            "oddities": dataclasses.asdict(parameters.ODDITIES),
            "ways": dataclasses.asdict(scenarios.WAYS),
            "reports": dataclasses.asdict(scenarios.REPORTS),
        },
    }
    order.record.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _table(order: SimulationOrder, ledger: Ledger, users: Users, names: pl.Series) -> pl.DataFrame:
    midnight = _midnight_us(order.start)
    sorted_ = np.lexsort((ledger.user, ledger.at_us))
    fraud, honest = ledger.scenario != NONE, ledger.purpose != NONE
    joined = np.floor(users.joined * DAY_US).astype(np.int64) + midnight
    purposes = pl.Series([*(purpose.name for purpose in PURPOSES), FRAUDULENT])
    scenario_names = pl.Series([scenario.name for scenario in SCENARIOS])
    reported = pl.Series(ledger.reported_us).fill_nan(None).cast(pl.Int64) + midnight
    people = pl.Series([f"u{number:07d}" for number in range(users.count)])
    table = pl.DataFrame(
        {
            "event_time": pl.Series(ledger.at_us + midnight).cast(_INSTANT),
            "user_id": people.gather(ledger.user),
            "receiver_id": names.gather(ledger.receiver),
            "amount": ledger.rupees,
            "is_fraud": reported.is_not_null().cast(pl.Int8),
            "reported_at": reported.cast(_INSTANT),
            "signed_up_at": pl.Series(joined[ledger.user]).cast(_INSTANT),
            "login_count": ledger.sign_ins,
            "y_true": fraud.astype(np.int8),
            "scenario": scenario_names.gather(pl.Series(ledger.scenario).replace(NONE, None)),
            "stealth": ledger.stealth,
            "purpose": purposes.gather(np.where(honest, ledger.purpose, len(PURPOSES))),
            "episode": pl.Series(ledger.episode).replace(NONE, None),
            "new_device": ledger.new_device,
            "locality": users.locality[ledger.user],
        }
    )
    return table[sorted_]


def _midnight_us(day: date) -> int:
    """The first instant of an Indian day."""
    return epoch_us(datetime(day.year, day.month, day.day, tzinfo=UTC)) - IST_OFFSET_US
