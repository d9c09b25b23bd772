"""Opening a transactions file, or a folder of them, as a table that has not been read yet."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from upi_risk.adapters.polars.manifest import read_manifest
from upi_risk.domain.errors import UnusableDataError

_SHOWN: Final = 12
"""Column names that fit into a sentence."""

_SEPARATORS: Final = (";", "\t", "|")
_NO_UTF8: Final = "utf-8"


def open_source(path: Path) -> pl.LazyFrame:
    """The table of a file, or of all Parquet files of a folder in the order of their names.

    Raises:
        UnusableDataError: there is no such file, it is of another kind, cannot be read, or its export is unfinished.
    """
    files = source_files(path)
    try:
        match files[0].suffix.lower():
            case ".parquet":
                source = pl.scan_parquet(files, glob=False)
            case ".csv":
                source = pl.scan_csv(path, infer_schema=False, glob=False)
            case _:
                raise UnusableDataError(f"{path.name} is neither .parquet nor .csv.")
        source.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, error) from error
    return source


def renamed(
    source: pl.LazyFrame, columns: Sequence[tuple[str, str]], known: Collection[str], name: str
) -> pl.LazyFrame:
    """The table with some columns under our names; one that had our name before, and is not meant, is left out.

    Args:
        source: as found.
        columns: our name and the file's, each.
        known: our names.
        name: what to call the table.

    Raises:
        UnusableDataError: there is no such column, there or here, or one is named twice.
    """
    found = source.collect_schema().names()
    ours, theirs = [column for column, _ in columns], [column for _, column in columns]
    for column in ours:
        if column not in known:
            message = f"{column} is no column of a transactions file; there are {', '.join(known)}."
            raise UnusableDataError(message)
    if len(set(ours)) < len(ours) or len(set(theirs)) < len(theirs):
        raise UnusableDataError("The columns name one twice; name each once.")
    missing = [column for column in theirs if column not in found]
    if missing:
        raise UnusableDataError(f"{name} has no column {', '.join(missing)}; it has {shown(found)}.")
    kept = [column for column in found if column not in {*ours, *theirs}]
    return source.select(*kept, *(pl.col(column).alias(our) for our, column in columns))


def shown(names: Sequence[str]) -> str:
    """Names of columns as they go into a sentence; and what a table of one column probably is."""
    told = ", ".join(names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "")
    separator = next((sign for sign in _SEPARATORS if sign in names[0]), None) if len(names) == 1 else None
    return told if separator is None else f"{told!r}, one column: separate columns by commas"


def source_files(path: Path) -> list[Path]:
    """The files that belong together.

    Raises:
        UnusableDataError: there are none, or not all of them yet.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise UnusableDataError(f"There is no file {path}.")
    manifest = read_manifest(path)
    if manifest is None:
        files = sorted(path.glob("*.parquet"))
    elif manifest.complete:
        files = [path / part.name for part in manifest.parts]
    else:
        raise UnusableDataError(f"The export in {path} was interrupted; run upi-risk collect again, it goes on there.")
    if not files:
        raise UnusableDataError(f"The folder {path} holds no .parquet files.")
    return files


def digest_of(path: Path) -> str:
    """SHA-256 of a file; of a folder, that of its files' digests, one after the other."""
    digests = []
    for file in source_files(path):
        with file.open("rb") as content:
            digests.append(hashlib.file_digest(content, "sha256"))
    return (
        digests[0].hexdigest() if path.is_file() else hashlib.sha256(b"".join(d.digest() for d in digests)).hexdigest()
    )


def unreadable(path: Path, error: Exception) -> UnusableDataError:
    """What to say of a file that Polars cannot read."""
    reason = str(error).strip().partition("\n")[0]
    do = "; save it as UTF-8" if _NO_UTF8 in reason.lower() else ""
    return UnusableDataError(f"{path.name} cannot be read: {reason}{do}.")
