"""The previous release's own tests on the present schema: what a deploy runs while it is under way."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.faults.servers import ROOT

PREVIOUS: Final = os.environ.get("PREVIOUS") or "72d87c9"
"""The release before migrations 0070 and 0075. A release is a merge into main, and each that migrates moves this on."""

_CONTRACTS: Final = (
    "access_stores", "audit_log", "cases", "challenges", "device_keys", "experiments", "figures", "history", "labels",
    "ledger", "ledger_concurrency", "ledger_habits", "ledger_values", "leftovers", "monitored_metrics", "outbox",
    "past_checks", "past_decisions", "postgres_connections", "rules", "runs", "sessions", "sign_ins", "users",
)  # fmt: skip
_WHOLE: Final = ("service", "collect", "sign_out", "replay", "proven", "rules", "webhooks", "housekeep")
_NOT: Final = "not along_its_index"
"""Plans name the indexes of the time; those of a partition have names of their own."""

_PATIENT: Final = ("-o", "faulthandler_timeout=900")
"""A test that takes longer ends pytest there and then, with no summary: 180 s are too few on a busy machine."""

_OVER: Final = re.compile(r"tests/\S+::.* (PASSED|FAILED|ERROR|SKIPPED)\b")
_NOISE: Final = ("PYTEST_", "COV_", "COVERAGE_", "TEST_")


class NoHistoryError(Exception):
    """The repository's history is not there: an archive, or a shallow clone."""


@dataclass(frozen=True, slots=True)
class Told:
    """How the tests went.

    Attributes:
        release: whose they are.
        unknown: the migrations that it does not know.
        passed: how many.
        failed: how many, those in error included.
        skipped: how many were not run.
        ended: pytest's exit code; 0 and 1 alone say that all of them were run.
        said: the last lines of what pytest says.
    """

    release: str
    unknown: tuple[str, ...]
    passed: int
    failed: int
    skipped: int
    ended: int
    said: str

    @property
    def good(self) -> bool:
        """Whether it runs on a schema that it does not know."""
        return bool(self.unknown) and self.passed > 0 and not self.failed and self.ended == 0

    def __str__(self) -> str:
        """What `docs/reliability.md` tells, and what pytest said where that is not good."""
        said = (
            f"the tests of {self.release}, which does not know {', '.join(self.unknown) or 'nothing of the schema'}: "
        )
        said += f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped; pytest ended with {self.ended}"
        return said if self.good else f"{said}\n{self.said}"


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
    versions, present = folder / "migrations" / "versions", ROOT / "migrations" / "versions"
    unknown = sorted({path.stem for path in present.glob("v*.py")} - {path.stem for path in versions.glob("v*.py")})
    shutil.rmtree(versions)
    shutil.copytree(present, versions, ignore=shutil.ignore_patterns("__pycache__"))
    tests = [f"tests/contracts/test_{name}.py" for name in _CONTRACTS]
    tests += [f"tests/e2e/test_{name}.py" for name in _WHOLE if whole]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(_NOISE)}
    environ["PYTHONPATH"] = f"{folder / 'src'}:{folder}"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-v",
        "-p",
        "no:cacheprovider",
        "--no-header",
        "-k",
        _NOT,
        *_PATIENT,
        *tests,
    ]
    lines: list[str] = []
    over = 0
    with subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line)
            over += "%]" in line
            tell(over)
    return _told(tuple(unknown), process.returncode, lines)


def _told(unknown: tuple[str, ...], ended: int, lines: list[str]) -> Told:
    """What pytest's lines say, one by one: it may be ended before its summary, and what ends after it may speak."""
    found = Counter(over[1] for line in lines if (over := _OVER.match(line)))
    failed = found["FAILED"] + found["ERROR"]
    return Told(PREVIOUS, unknown, found["PASSED"], failed, found["SKIPPED"], ended, "".join(lines[-60:]))


def _unpack(folder: Path) -> None:
    git = shutil.which("git")
    if git is None:
        raise NoHistoryError("there is no git")
    done = subprocess.run([git, "archive", PREVIOUS], cwd=ROOT, check=False, capture_output=True)
    if done.returncode != 0:
        raise NoHistoryError(done.stderr.decode().strip())
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as tree:
        tree.extractall(folder, filter="data")
