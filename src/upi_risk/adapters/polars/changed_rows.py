"""Payments that would have been decided otherwise, as a CSV or Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from upi_risk.domain.backtest import DECISIONS, OUTCOMES, Changed, Column

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
        page, names = changed.page, changed.page.names
        if names is None or not len(changed.places):
            return
        places = pl.Series(changed.places, dtype=pl.Int64)

        def picked(column: Column, kind: pl.DataType) -> pl.Series:
            return pl.Series(column, dtype=kind).gather(places)

        self._parts.append(
            pl.DataFrame(
                {
                    "transaction_id": picked(names.transaction_ids, pl.String()),
                    "checked_at": picked(page.at, pl.Int64()).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
                    "user_id": picked(names.user_ids, pl.String()),
                    "receiver_upi": picked(names.receivers, pl.String()),
                    "amount_paise": picked(page.amount_paise, pl.Int64()),
                    "outcome": _told(picked(page.outcomes, pl.Int64()), OUTCOMES),
                    "decision": _told(picked(page.decisions, pl.Int64()), DECISIONS),
                    "score": picked(page.scores, pl.Float64()),
                    "new_decision": _told(pl.Series(changed.decisions, dtype=pl.Int64), DECISIONS),
                    "new_score": pl.Series(changed.scores, dtype=pl.Float64),
                },
                schema=_SCHEMA,
            )
        )

    def finish(self) -> None:
        """Write the file, readable by its owner alone: receivers are persons."""
        frame = pl.concat(self._parts) if self._parts else pl.DataFrame(schema=_SCHEMA)
        draft = self._path.with_name(f".{self._path.name}.part")
        draft.unlink(missing_ok=True)
        draft.touch(0o600, exist_ok=False)
        if self._path.suffix == ".parquet":
            frame.write_parquet(draft)
        else:
            frame.write_csv(draft)
        draft.replace(self._path)


def _told(places: pl.Series, words: Sequence[str]) -> pl.Series:
    """Words by their places."""
    return places.replace_strict(dict(enumerate(map(str, words))), return_dtype=pl.String)
