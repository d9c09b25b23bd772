"""The features of every payment of a table: the domain's definitions, run on columns."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from upi_risk.adapters.polars.algebra import Columns
from upi_risk.adapters.polars.facts import facts_table
from upi_risk.adapters.polars.wide_facts import wide_facts_table
from upi_risk.domain.feature_sets import BASELINE_SET, FeatureSet
from upi_risk.domain.features import Facts
from upi_risk.domain.wide_facts import WideFacts

_COLUMNS: Final = Columns()


def feature_table(transactions: pl.DataFrame, features: FeatureSet = BASELINE_SET) -> pl.DataFrame:
    """The features of each payment, from what was known before it.

    Args:
        transactions: the frame of :class:`~upi_risk.adapters.polars.transactions_file.Transactions`.
        features: what to compute.

    Returns:
        A row a payment in the same order, a Float64 column a feature; equal to the last bit to
        :meth:`upi_risk.domain.feature_sets.FeatureSet.of` of the same facts.
    """
    facts: Facts | WideFacts
    if features is BASELINE_SET:
        table = facts_table(transactions)
        facts = Facts(*(table.get_column(name).to_numpy() for name in Facts._fields))
    else:
        facts = wide_facts_table(transactions)
    return pl.DataFrame(
        {feature.name: np.asarray(feature.compute(facts, _COLUMNS), dtype=np.float64) for feature in features.features}
    )
