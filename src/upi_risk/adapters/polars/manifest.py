"""``manifest.json`` of an export: what was wanted, and the parts that are there."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from upi_risk.domain.collecting import ExportPlan, ExportState
from upi_risk.domain.errors import UnusableDataError

MANIFEST: Final = "manifest.json"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the export."""

    name: str
    rows: int
    frauds: int
    first_at: datetime
    last_at: datetime
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The document.

    Attributes:
        as_of: the instant whose knowledge is exported.
        key_digest: tells whether a key is the one that made the pseudonyms, and nothing else.
        own_key: whether it is the operator's.
    """

    format: int = 1
    since: datetime | None
    until: datetime | None
    as_of: datetime
    key_digest: str
    own_key: bool
    complete: bool = False
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, plan: ExportPlan) -> Manifest:
        """The manifest of an export that has nothing yet."""
        return cls(
            since=plan.since,
            until=plan.until,
            as_of=plan.as_of,
            key_digest=key_digest(plan.key),
            own_key=plan.own_key,
        )

    def state(self, plan: ExportPlan) -> ExportState:
        """How far it has come."""
        return ExportState(
            plan=plan,
            rows=sum(part.rows for part in self.parts),
            frauds=sum(part.frauds for part in self.parts),
            parts=len(self.parts),
            after=self.parts[-1].last_at if self.parts else None,
            done=self.complete,
        )

    def write(self, folder: Path) -> None:
        """Replace the manifest of a folder."""
        write_whole(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")


def key_digest(key: str) -> str:
    """What may be known of a key."""
    return hashlib.blake2b(key.encode(), digest_size=8, person=b"upi-risk key").hexdigest()


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder; None if there is none.

    Raises:
        UnusableDataError: it cannot be read.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{folder / MANIFEST} cannot be read; give another folder, or remove this one."
        raise UnusableDataError(message) from error


def write_whole(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all, readable by its owner alone."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)  # a link, or what others may read, that has the name already
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:  # noqa: PTH123 - a mode
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
