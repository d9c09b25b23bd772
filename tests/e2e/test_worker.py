"""Workers in processes of their own, and a model made of what the service remembers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg

from tests.commands import finish
from tests.e2e.conftest import ROOT
from tests.e2e.test_replay import a_stream, replay

SLOWLY = """
import asyncio, sys, time
from upi_risk.adapters.postgres.engine import create_engine
from upi_risk.adapters.postgres.runs import PostgresRuns
from upi_risk.adapters.system import SystemClock
from upi_risk.application.work import Task, Work
from upi_risk.domain.schedule import Every

async def do():
    with open(sys.argv[2], "a") as file:
        file.write("x")
    await asyncio.sleep(3)
    return "done"

async def main():
    engine = create_engine(sys.argv[1], pool_timeout_seconds=20)
    work = Work(PostgresRuns(engine), SystemClock(), lambda run: None)
    deadline = time.monotonic() + 8
    while time.monotonic() < deadline:
        await work.look([Task("slow", Every.MONTH, do)])
        await asyncio.sleep(0.05)
    await engine.dispose()

asyncio.run(main())
"""


def test_two_processes_do_a_task_once(tmp_path: Path, database_url: str) -> None:
    """Red without the advisory lock: both begin while neither has ended."""
    done = tmp_path / "done"
    command = [sys.executable, "-c", SLOWLY, database_url, str(done)]
    workers = [subprocess.Popen(command) for _ in range(2)]
    assert [worker.wait(120) for worker in workers] == [0, 0]
    assert done.read_text() == "x"


def test_a_worker_that_is_killed_lets_another_go_on(tmp_path: Path, database_url: str) -> None:
    done = tmp_path / "done"
    worker = subprocess.Popen([sys.executable, "-c", SLOWLY, database_url, str(done)])
    with psycopg.connect(database_url, autocommit=True) as connection:
        while connection.execute("select 1 from task_runs").fetchone() is None:
            assert worker.poll() is None
        worker.kill()
        worker.wait()
        connection.execute("update task_runs set started_at = started_at - interval '1 hour'")
        assert subprocess.run([sys.executable, "-c", SLOWLY, database_url, str(done)], check=False).returncode == 0
        assert connection.execute("select attempt, succeeded, said from task_runs").fetchall() == [(2, True, "done")]


def run(database_url: str, redis_url: str, artifacts: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    known = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "ARTIFACTS_DIR": str(artifacts), "COLUMNS": "200"}
    return finish(*arguments, environ={**os.environ, **known})


def test_a_model_is_made_of_what_the_service_remembers_and_the_serving_one_stays(
    tmp_path: Path, database_url: str, redis_url: str
) -> None:
    artifacts = tmp_path / "artifacts"
    shutil.copytree(ROOT / "artifacts" / "models" / "v1.0", artifacts / "models" / "v1.0")
    (artifacts / "models" / "CURRENT").write_text("v1.0\n")
    early = run(database_url, redis_url, artifacts, "retrain")
    assert (early.returncode, early.stdout.startswith("No model was made")) == (0, True), early.stderr
    assert replay(a_stream(tmp_path), database_url, redis_url, "--no-verify").returncode == 0
    options = ("--history", "36500d", "--label-delay", "1d", "--iterations", "20")
    (artifacts / "models" / "CURRENT").write_text("v9\n")
    failed = run(database_url, redis_url, artifacts, "retrain", *options)
    assert failed.returncode == 1
    assert "v9" in failed.stderr
    (artifacts / "models" / "CURRENT").write_text("v1.0\n")
    done = run(database_url, redis_url, artifacts, "retrain", *options)
    assert done.returncode == 0, done.stderr
    assert "registered" in done.stdout, done.stdout
    assert (artifacts / "models" / "CURRENT").read_text() == "v1.0\n"
    assert not list((artifacts / "making").iterdir())
    pages = tmp_path / "pages"
    told = run(database_url, redis_url, artifacts, "monitor", "--out", str(pages))
    assert told.returncode == 0, told.stderr
    (page,) = pages.iterdir()
    assert "v1.0 in service" in page.read_text()
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("select task, attempt, succeeded from task_runs").fetchall()
    assert rows == [("retrain", 3, True)]


def test_the_command_does_what_is_due_and_ends_when_asked(tmp_path: Path, database_url: str, redis_url: str) -> None:
    options = ("--without", "retrain", "--reports", str(tmp_path))
    done = run(database_url, redis_url, ROOT / "artifacts", "worker", "--once", *options)
    assert done.returncode == 0, done.stderr
    assert "No experiment runs." in done.stderr
    known = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    command = [sys.executable, "-m", "upi_risk.bootstrap.cli", "worker", *options]
    worker = subprocess.Popen(command, env={**os.environ, **known}, stderr=subprocess.PIPE)
    assert worker.stderr is not None
    while b"worker ready" not in worker.stderr.readline():
        assert worker.poll() is None
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=120)
    assert worker.returncode == 0
