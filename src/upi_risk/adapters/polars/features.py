"""The features of every payment of a table: the domain's definitions, run on columns."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from upi_risk.adapters.polars.algebra import Columns
from upi_risk.adapters.polars.facts import facts_table
from upi_risk.domain.features import BASELINE, Facts, Feature

_COLUMNS: Final = Columns()


def feature_table(transactions: pl.DataFrame, features: tuple[Feature, ...] = BASELINE) -> pl.DataFrame:
    """The features of each payment, from what was known before it.

    Args:
        transactions: the frame of :class:`~upi_risk.adapters.polars.transactions_file.Transactions`.
        features: what to compute, in the order of the columns.

    Returns:
        A row a payment in the same order, a Float64 column a feature; equal to the last bit to
        :func:`upi_risk.domain.features.vector` of the same facts.
    """
    table = facts_table(transactions)
    facts = Facts(*(table.get_column(name).to_numpy() for name in Facts._fields))
    return pl.DataFrame(
        {feature.name: np.asarray(feature.compute(facts, _COLUMNS), dtype=np.float64) for feature in features}
    )
