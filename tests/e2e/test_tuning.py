"""``upi-risk train --grid``, wherever it is computed and however often it is killed: the same model to the bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.engines import PATIENCE_SECONDS
from tests.learning import a_stream

SAME = ("fraud_classifier.cbm", "card.json", "MODEL_CARD.md", "report.html")
PIECES = 8
OPTIONS = (
    "--grid", "depth=2,3", "--grid", "iterations=100,200", "--grid", "learning_rate=0.05", "--grid", "l2_leaf_reg=3",
    "--grid", "fraud_weight=2", "--early-stopping", "100", "--folds", "2", "--label-delay", "2d", "--version", "v9.1",
    "--against", "none",
)  # fmt: skip


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tuning") / "payments.parquet"
    a_stream().write_parquet(path)
    return path


def train(file: Path, out: Path, *options: str, home: Path | None = None) -> subprocess.Popen[bytes]:
    """The command in a process of its own, so that it can be killed and leaves nothing behind.

    It is called in a folder with a foreign ``multiprocessing.py``. Red with two workers when they are not told to leave
    that folder alone.
    """
    folder = file.parent / "foreign"
    folder.mkdir(exist_ok=True)
    (folder / "multiprocessing.py").write_text("raise SystemExit('foreign code')", encoding="utf-8")
    upi_risk = str(Path(sys.executable).with_name("upi-risk"))
    command = [upi_risk, "train", "--transactions", str(file), "--out", str(out)]
    environment = os.environ | ({"HOME": str(home)} if home else {})
    with (out.parent / f"{out.name}.log").open("ab") as log:
        return subprocess.Popen([*command, *OPTIONS, *options], stdout=log, stderr=log, env=environment, cwd=folder)


def finished(process: subprocess.Popen[bytes], out: Path) -> dict[str, bytes]:
    """What a command wrote that has ended well."""
    assert process.wait(timeout=PATIENCE_SECONDS) == 0, (out.parent / f"{out.name}.log").read_text(encoding="utf-8")
    assert not (out.parent / f".{out.name}.progress").exists()
    return {name: (out / name).read_bytes() for name in SAME}


@pytest.fixture(scope="module")
def alone(file: Path) -> dict[str, bytes]:
    """What one process makes of it, one piece after another."""
    out = file.parent / "alone"
    return finished(train(file, out, "--workers", "1"), out)


def test_a_run_that_was_killed_is_taken_up_again_and_ends_with_the_same_model(
    file: Path, alone: dict[str, bytes]
) -> None:
    out = file.parent / "killed"
    process = train(file, out, "--workers", "2")
    progress, end = file.parent / ".killed.progress", time.monotonic() + PATIENCE_SECONDS
    while not (kept := list(progress.glob("*.json"))) and time.monotonic() < end and process.poll() is None:
        time.sleep(0.002)
    workers = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < len(kept) < PIECES
    assert not (out / "card.json").exists()
    _, orphans = psutil.wait_procs(workers, timeout=30)
    assert orphans == []
    assert finished(train(file, out, "--workers", "2"), out) == alone


def test_a_ray_cluster_of_two_processes_makes_the_same_model(
    file: Path, tmp_path: Path, alone: dict[str, bytes]
) -> None:
    out = file.parent / "ray"
    process = train(file, out, "--engine", "ray", "--workers", "2", home=tmp_path)  # Ray keeps a token at home
    assert finished(process, out) == alone
