"""The algebra of columns: what Python's operators cannot spell for arrays.

The columns are Polars' memory seen by NumPy, not Polars expressions: Polars 2.1 turns a division by a constant into a
multiplication by its reciprocal, which differs from Python's division in the last bit of one quotient in eight. NumPy
divides as IEEE 754 says, and floors ``//`` and ``%`` as Python does.
"""

from __future__ import annotations

import numpy as np

from upi_risk.domain.scores import Value


class Columns:
    """:class:`upi_risk.domain.features.Algebra` for arrays; a plain number stands for itself in every row."""

    @staticmethod
    def where(condition: Value, then: Value, otherwise: Value) -> Value:
        """``then`` in the rows where the condition holds, ``otherwise`` in the rest."""
        return np.where(condition, then, otherwise)

    @staticmethod
    def least(left: Value, right: Value) -> Value:
        """The smaller of two, row by row."""
        return np.minimum(left, right)

    @staticmethod
    def greatest(left: Value, right: Value) -> Value:
        """The larger of two, row by row."""
        return np.maximum(left, right)

    @staticmethod
    def root(value: Value) -> Value:
        """The square root, row by row."""
        return np.sqrt(value)
