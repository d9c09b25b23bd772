"""What a tuning has finished: a small file each, in a folder beside the model's."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from upi_risk.adapters.files.model_folder import write_whole
from upi_risk.domain.errors import UnusableDataError
from upi_risk.domain.tuning import Tried


class FileJournal:
    """A folder as a :class:`~upi_risk.domain.tuning.Journal`."""

    def __init__(self, out: Path) -> None:
        """``out`` is the folder of the model; the journal is ``.NAME.progress`` beside it."""
        whole = out.resolve()
        self._folder = whole.with_name(f".{whole.name}.progress")

    @property
    def room(self) -> Path:
        """The folder; made here.

        Raises:
            UnusableDataError: it cannot be.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"Nothing can be kept in {self._folder}: {error.strerror}; give another folder for the model."
            raise UnusableDataError(message) from error
        return self._folder

    def find(self, key: str) -> Tried | None:
        """What was kept under a key; see the port."""
        try:
            return msgspec.json.decode((self._folder / f"{key}.json").read_bytes(), type=Tried)
        except (FileNotFoundError, msgspec.MsgspecError):
            return None

    def keep(self, key: str, tried: Tried) -> None:
        """Keep a result, whole or not at all; see the port."""
        write_whole(self.room / f"{key}.json", msgspec.json.encode(tried))

    def drop(self) -> None:
        """Remove the folder; see the port."""
        shutil.rmtree(self._folder, ignore_errors=True)
