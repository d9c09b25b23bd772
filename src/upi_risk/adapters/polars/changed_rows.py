"""Payments that would have been decided otherwise, as a CSV or Parquet file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from upi_risk.domain.backtest import Changed

_SCHEMA: Final = pl.Schema(
    {
        "transaction_id": pl.String(),
        "checked_at": pl.Datetime("us", "UTC"),
        "user_id": pl.String(),
        "receiver_upi": pl.String(),
        "amount_paise": pl.Int64(),
        "outcome": pl.String(),
        "decision": pl.String(),
        "score": pl.Float64(),
        "new_decision": pl.String(),
        "new_score": pl.Float64(),
    }
)


class ChangedFile:
    """See :class:`upi_risk.domain.backtest.ChangedRows`. Parquet where the name ends so, else CSV.

    The rows are held until the end: they are what an operator wants to look through, not the stream.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._parts: list[pl.DataFrame] = []

    def add(self, changed: Changed) -> None:
        """Put some down."""
        page, places = changed.page, changed.places
        if not places:
            return
        columns = {
            "transaction_id": page.transaction_ids,
            "checked_at": page.at,
            "user_id": page.user_ids,
            "receiver_upi": page.receivers,
            "amount_paise": page.amount_paise,
            "outcome": page.outcomes,
            "decision": page.decisions,
            "score": page.scores,
        }
        picked = {name: [column[place] for place in places] for name, column in columns.items()}
        picked["new_decision"], picked["new_score"] = list(changed.decisions), list(changed.scores)
        self._parts.append(pl.DataFrame(picked, schema=_SCHEMA))

    def finish(self) -> None:
        """Write the file."""
        frame = pl.concat(self._parts) if self._parts else pl.DataFrame(schema=_SCHEMA)
        draft = self._path.with_name(f".{self._path.name}.part")
        if self._path.suffix == ".parquet":
            frame.write_parquet(draft)
        else:
            frame.write_csv(draft)
        draft.replace(self._path)
