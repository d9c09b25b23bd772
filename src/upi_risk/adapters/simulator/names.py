"""UPI ids for receivers: as they look in life, and telling nothing of who is a mule."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from upi_risk.adapters.simulator.parameters import PURPOSES
from upi_risk.adapters.simulator.receivers import Kind, Receivers

_FIRST_NAMES: Final = (
    "aarav", "aditi", "amit", "ananya", "anil", "anjali", "arjun", "asha", "deepak", "divya", "farhan", "gaurav",
    "geeta", "imran", "kavita", "kiran", "lakshmi", "manoj", "meena", "mohan", "neha", "nikhil", "pooja", "prakash",
    "priya", "rahul", "rajesh", "ravi", "rekha", "rohit", "sanjay", "sunita", "suresh", "vijay", "vikram", "zoya",
)  # fmt: skip
_PERSON_HANDLES: Final = ("okaxis", "okhdfcbank", "okicici", "oksbi", "ybl", "ibl", "axl", "paytm", "apl", "upi")
_SHOP_HANDLES: Final = ("ptys", "ptaxis", "ybl", "icici", "hdfcbank", "sbi", "axisbank")
_NUMBERS_EACH: Final = 20
_LEAST: Final = 1_000


def receiver_names(receivers: Receivers, fresh: int, rng: np.random.Generator) -> pl.Series:
    """A UPI id for each receiver and for so many fresh accounts behind them; no two alike."""
    kind = np.concatenate([receivers.kind, np.full(fresh, Kind.FRESH)])
    count = len(kind)
    number = rng.choice(count * _NUMBERS_EACH, count, replace=False) + _LEAST
    stem = np.array(_FIRST_NAMES, dtype=object)[rng.integers(len(_FIRST_NAMES), size=count)]
    for index, block in receivers.blocks.items():
        stem[block.first : block.national_first + block.national] = PURPOSES[index].name
    stem[kind == Kind.VENDOR] = "q"
    stem[kind == Kind.POOLED] = "pay"
    shop = np.isin(kind, (Kind.SHOP, Kind.POOLED))
    of_person = np.array(_PERSON_HANDLES, dtype=object)[rng.integers(len(_PERSON_HANDLES), size=count)]
    of_shop = np.array(_SHOP_HANDLES, dtype=object)[rng.integers(len(_SHOP_HANDLES), size=count)]
    parts = pl.DataFrame(
        {"stem": stem.tolist(), "number": number, "handle": np.where(shop, of_shop, of_person).tolist()}
    )
    return parts.select(pl.format("{}{}@{}", "stem", "number", "handle").alias("receiver_id")).to_series()
