"""An export as a folder of Parquet files in the form of a transactions file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from upi_risk.adapters.polars.manifest import MANIFEST, Manifest, Part, key_digest, read_manifest, write_whole
from upi_risk.domain.collecting import ExportPlan, ExportState, PastCheck
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.feature_sets import EXTENDED_SET, FEATURE_SETS
from upi_risk.domain.features import Vector

KEY: Final = "key.secret"
LOGGED: Final = "logged_"
"""Before the names of logged features."""

_INSTANT: Final = pl.Datetime("us", "UTC")
_SCHEMA: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "event_time": _INSTANT,
    "user_id": pl.String,
    "receiver_id": pl.String,
    "amount": pl.Float64,
    "is_fraud": pl.Int8,
    "settled_at": _INSTANT,
    "reported_at": _INSTANT,
    "signed_up_at": _INSTANT,
    "login_count": pl.Int64,
    "score": pl.Float64,
    "decision": pl.String,
    "model_version": pl.String,
    "probability": pl.Float64,
    **dict.fromkeys([LOGGED + name for name in EXTENDED_SET.names], pl.Float64),
}
_WIDTH: Final = len(EXTENDED_SET.names)
_LENGTHS: Final = frozenset(len(each.names) for each in FEATURE_SETS.values())


class ParquetExport:
    """See :class:`upi_risk.domain.collecting.ExportFolder`.

    ``part-000001.parquet`` and so on, and ``manifest.json``, which is written after each part: a part that it does not
    name was interrupted and is written anew.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._plan: ExportPlan
        self._manifest: Manifest

    def begin(self, plan: ExportPlan) -> ExportState:
        """Begin an export, or find the one that was begun; see the port."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            manifest = read_manifest(self._folder)
            if manifest is None:
                manifest = self._started(plan)
            else:
                plan = self._resumed(manifest, plan)
        except OSError as error:
            message = f"Nothing can be written to {self._folder}: {error.strerror}; give another folder."
            raise UnusableDataError(message) from error
        self._plan, self._manifest = plan, manifest
        return manifest.state(plan)

    def add(self, checks: Sequence[PastCheck]) -> ExportState:
        """Put down the next part; see the port."""
        buffer = io.BytesIO()
        frame = pl.DataFrame([_row(check) for check in checks], schema=_SCHEMA, orient="row")
        frame.write_parquet(buffer)
        content = buffer.getvalue()
        part = Part(
            name=f"part-{len(self._manifest.parts) + 1:06d}.parquet",
            rows=len(checks),
            frauds=sum(check.reported_at is not None for check in checks),
            first_at=checks[0].at,
            last_at=checks[-1].at,
            sha256=hashlib.sha256(content).hexdigest(),
        )
        write_whole(self._folder / part.name, content)
        return self._note(msgspec.structs.replace(self._manifest, parts=(*self._manifest.parts, part)))

    def finish(self) -> ExportState:
        """Call the export complete; see the port."""
        state = self._note(msgspec.structs.replace(self._manifest, complete=True))
        (self._folder / KEY).unlink(missing_ok=True)
        return state

    def _note(self, manifest: Manifest) -> ExportState:
        manifest.write(self._folder)
        self._manifest = manifest
        return manifest.state(self._plan)

    def _started(self, plan: ExportPlan) -> Manifest:
        strange = next((path.name for path in self._folder.iterdir() if path.name not in {KEY, f"{KEY}.new"}), None)
        if strange is not None and strange != f"{MANIFEST}.new":
            raise UnusableDataError(f"{self._folder} holds {strange}, which is no export's; give an empty folder.")
        if not plan.own_key:
            write_whole(self._folder / KEY, plan.key.encode())
        manifest = Manifest.of(plan)
        manifest.write(self._folder)
        return manifest

    def _resumed(self, manifest: Manifest, plan: ExportPlan) -> ExportPlan:
        """The plan that was begun, if it is the one that is wished."""
        if (manifest.since, manifest.until) != (plan.since, plan.until):
            message = f"{self._folder} holds an export of another period ({manifest.since} .. {manifest.until}); "
            raise UnusableDataError(message + "ask for that one again, or give another folder.")
        if manifest.own_key is not plan.own_key or (plan.own_key and manifest.key_digest != key_digest(plan.key)):
            message = f"{self._folder} holds an export under another COLLECT_KEY; set that one, or give another folder."
            raise UnusableDataError(message)
        key = plan.key
        if not (manifest.own_key or manifest.complete):
            key = self._drawn_key(manifest)
        return replace(plan, as_of=manifest.as_of, key=key)

    def _drawn_key(self, manifest: Manifest) -> str:
        key = (self._folder / KEY).read_text(encoding="utf-8") if (self._folder / KEY).is_file() else ""
        if manifest.key_digest != key_digest(key):
            message = f"The export in {self._folder} has lost its {KEY}; remove the folder and collect anew."
            raise UnusableDataError(message)
        return key


def _row(check: PastCheck) -> tuple[object, ...]:
    return (
        check.at,
        check.user_id,
        check.receiver,
        check.amount_paise / 100,
        int(check.reported_at is not None),
        check.settled_at,
        check.reported_at,
        check.signed_up_at,
        check.login_count,
        check.score,
        check.decision,
        check.model_version,
        check.probability,
        *_logged(check.features),
    )


def _logged(features: Vector) -> tuple[float | None, ...]:
    """A value for each feature of the widest set, which begins with the smaller ones; None where there is none."""
    if len(features) not in _LENGTHS:
        return (None,) * _WIDTH
    return (*features, *(None,) * (_WIDTH - len(features)))
