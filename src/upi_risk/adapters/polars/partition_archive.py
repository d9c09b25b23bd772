"""An archive as a folder of Parquet files for each partition, in the form of its table."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import polars as pl
from polars.exceptions import PolarsError

from upi_risk.adapters.polars.manifest import MANIFEST, write_whole
from upi_risk.domain.decision import Assessment, Decision, Factor, Level
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.partitions import Contents
from upi_risk.domain.payment import Payment, UpiId
from upi_risk.domain.transaction import Status, Transaction

FORMAT: Final = 1
_INSTANT: Final = pl.Datetime("us", "UTC")
_FACTOR: Final = pl.Struct({"code": pl.String, "text": pl.String, "contribution": pl.Float64})
_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "user_id": pl.String,
    "transaction_id": pl.String,
    "receiver_upi": pl.String,
    "amount_paise": pl.Int64,
    "checked_at": _INSTANT,
    "idempotency_key": pl.String,
    "features": pl.List(pl.Float64),
    "score": pl.Float64,
    "level": pl.String,
    "decision": pl.String,
    "factors": pl.List(_FACTOR),
    "confidence": pl.Float64,
    "model_version": pl.String,
    "policy_version": pl.String,
    "status": pl.String,
    "settled_at": _INSTANT,
    "reported_at": _INSTANT,
    "probability": pl.Float64,
    "model_score": pl.Float64,
    "rules_version": pl.String,
}


class ArchivedManifest(msgspec.Struct, frozen=True, kw_only=True):
    """``manifest.json``, which is written last: a folder without one was not finished."""

    format: int = FORMAT
    number: int
    paise: int
    digest: str


class ParquetArchive:
    """See :class:`upi_risk.domain.partitions.Archive`: ``transactions_2021_01/part-000001.parquet`` and so on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, name: str) -> str:
        """Begin a folder; one that was not finished is emptied, one that was gets a neighbour."""
        with _told(self._folder):
            number, place = 1, self._folder / name
            while (place / MANIFEST).exists():
                number += 1
                place = self._folder / f"{name}-{number}"
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True, mode=0o700)
        return str(place)

    def add(self, place: str, page: Sequence[Transaction]) -> None:
        """Write a file of its own."""
        folder, buffer = Path(place), io.BytesIO()
        pl.DataFrame([_row(each) for each in page], schema=_SCHEMA, orient="row").write_parquet(buffer)
        number = sum(1 for _ in folder.glob("part-*.parquet")) + 1
        with _told(folder):
            write_whole(folder / f"part-{number:06d}.parquet", buffer.getvalue())

    def finish(self, place: str, contents: Contents) -> None:
        """Write the manifest."""
        manifest = ArchivedManifest(number=contents.number, paise=contents.paise, digest=contents.digest)
        with _told(Path(place)):
            write_whole(Path(place) / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n")

    def read(self, place: str) -> Iterator[Sequence[Transaction]]:
        """A page for each file."""
        for file in sorted(Path(place).glob("part-*.parquet")):
            with _told(Path(place)):
                rows = pl.read_parquet(file).rows()
            yield [_transaction(*row) for row in rows]


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say what an operator can mend in one sentence."""
    try:
        yield
    except (OSError, PolarsError) as error:
        raise UnusableDataError(f"The archive in {folder} cannot be written or read: {error}.") from error


def _row(each: Transaction) -> tuple[object, ...]:
    payment, answer = each.payment, each.assessment
    return (
        payment.user_id,
        payment.transaction_id,
        payment.receiver,
        payment.amount_paise,
        payment.at,
        payment.idempotency_key,
        list(each.features),
        answer.score,
        answer.level.value,
        answer.decision.value,
        [factor._asdict() for factor in answer.factors],
        answer.confidence,
        answer.model_version,
        answer.policy_version,
        each.status.value,
        each.settled_at,
        each.reported_at,
        answer.probability,
        answer.model_score,
        each.rules_version,
    )


def _transaction(*row: Any) -> Transaction:  # noqa: ANN401 - each column's own type
    held = dict(zip(_SCHEMA, row, strict=True))
    return Transaction(
        payment=Payment(
            held["transaction_id"],
            held["user_id"],
            UpiId(held["receiver_upi"]),
            held["amount_paise"],
            held["checked_at"],
            held["idempotency_key"],
        ),
        features=tuple(held["features"]),
        assessment=Assessment(
            score=held["score"],
            level=Level(held["level"]),
            decision=Decision(held["decision"]),
            factors=tuple(Factor(one["code"], one["text"], one["contribution"]) for one in held["factors"]),
            confidence=held["confidence"],
            model_version=held["model_version"],
            policy_version=held["policy_version"],
            probability=held["probability"],
            model_score=held["model_score"],
        ),
        status=Status(held["status"]),
        settled_at=held["settled_at"],
        reported_at=held["reported_at"],
        rules_version=held["rules_version"],
    )
