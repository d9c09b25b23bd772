"""The previous release's own tests on the present schema: what a deploy runs while it is under way."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.servers import ROOT

PREVIOUS: Final = "e32d845"
"""The release before migrations 0020 to 0061; a release is a merge into main, and each that migrates moves this on."""

_CONTRACTS: Final = (
    "history", "ledger", "ledger_concurrency", "ledger_habits", "ledger_values", "past_checks", "postgres_connections",
    "sessions", "sign_ins", "users",
)  # fmt: skip
_WHOLE: Final = ("service", "collect", "sign_out", "replay")
_PASSED: Final = re.compile(r"(\d+) (passed|failed|error)")


class NoHistoryError(Exception):
    """The repository's history is not there: an archive, or a shallow clone."""


@dataclass(frozen=True, slots=True)
class Told:
    """How the tests went.

    Attributes:
        release: whose they are.
        passed: how many.
        failed: how many, those in error included.
        said: the last lines of what pytest says.
    """

    release: str
    passed: int
    failed: int
    said: str


def old_suite(folder: Path, tell: Callable[[int], None] = lambda _: None, *, whole: bool = True) -> Told:
    """Run the tests of the release before, in its own tree, on databases that the present migrations made.

    Args:
        folder: where its tree goes.
        tell: is told how many tests are over.
        whole: also those that start the service.

    Raises:
        NoHistoryError: its tree cannot be had.
    """
    _unpack(folder)
    versions = folder / "migrations" / "versions"
    shutil.rmtree(versions)
    shutil.copytree(ROOT / "migrations" / "versions", versions, ignore=shutil.ignore_patterns("__pycache__"))
    tests = [f"tests/contracts/test_{name}.py" for name in _CONTRACTS]
    tests += [f"tests/e2e/test_{name}.py" for name in _WHOLE if whole]
    environ = {**os.environ, "PYTHONPATH": f"{folder / 'src'}:{folder}"}
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "--no-header", *tests]
    lines: list[str] = []
    over = 0
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            over += "%]" in line
            tell(over)
    found = {kind: int(number) for number, kind in _PASSED.findall(lines[-1])}
    return Told(PREVIOUS, found.get("passed", 0), found.get("failed", 0) + found.get("error", 0), "".join(lines[-12:]))


def _unpack(folder: Path) -> None:
    git = shutil.which("git")
    if git is None:
        raise NoHistoryError("there is no git")
    done = subprocess.run([git, "archive", PREVIOUS], cwd=ROOT, check=False, capture_output=True)
    if done.returncode != 0:
        raise NoHistoryError(done.stderr.decode().strip())
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tree:
        tree.extractall(folder, filter="data")
