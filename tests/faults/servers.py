"""A PostgreSQL and a Valkey of one's own, to be frozen, killed and brought back; and the service before them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from shutil import rmtree
from typing import Any

import psutil
import uvicorn

from tests.commands import start
from tests.faults.wire import Reply, Wire
from upi_risk.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from upi_risk.adapters.embedded.process import free_port
from upi_risk.adapters.postgres.migrate import upgrade
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.commands.serve import server_options
from upi_risk.bootstrap.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


class OwnServer:
    """An embedded server that dies and comes back on the same port with the same data."""

    def __init__(self, kind: type[EmbeddedPostgres | EmbeddedValkey], home: Path, *, durable: bool = True) -> None:
        self._kind, self._home, self._durable = kind, home, durable
        self._server = kind(home, durable=durable)
        self.url, self._port = self._server.url, self._server.port
        self.home, self.alive = home, True

    def processes(self) -> list[psutil.Process]:
        """The server and its children, without the shim that watches over it."""
        process = self._server._process
        assert process is not None
        return psutil.Process(process.pid).children(recursive=True)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """All of its processes stand still meanwhile."""
        stopped = self.processes()
        self._tell(stopped, signal.SIGSTOP)
        try:
            yield
        finally:
            self._tell(stopped, signal.SIGCONT)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End it; SIGQUIT is PostgreSQL's immediate shutdown."""
        ended = self.processes()
        self._tell(ended[:1], number)
        _, alive = psutil.wait_procs(ended, 20)
        assert not alive
        self._server.stop()
        self.alive = False

    def start(self) -> None:
        """Bring it back, whether it was killed or has ended by itself."""
        if self.alive:
            self._server.stop()
        self._server = self._kind(self._home, durable=self._durable, port=self._port)
        self.alive = True

    def runs(self) -> bool:
        """Whether it has not ended by itself."""
        return self._server.runs()

    def stop(self) -> None:
        self._server.stop()

    @staticmethod
    def _tell(processes: list[psutil.Process], number: signal.Signals) -> None:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)


@contextlib.contextmanager
def own_servers() -> Iterator[tuple[OwnServer, OwnServer]]:
    """PostgreSQL, migrated, and Valkey; gone with their data after the block."""
    folder = Path(tempfile.mkdtemp(prefix="upi-risk-faults-"))
    folder.chmod(0o711)
    with contextlib.ExitStack() as stack:
        stack.callback(rmtree, folder, ignore_errors=True)
        postgres = OwnServer(EmbeddedPostgres, folder / "pg")
        stack.callback(postgres.stop)
        valkey = OwnServer(EmbeddedValkey, folder / "valkey", durable=False)
        stack.callback(valkey.stop)
        upgrade(postgres.url)
        yield postgres, valkey


@contextlib.asynccontextmanager
async def serving(database_url: str, redis_url: str, **chosen: Any) -> AsyncIterator[int]:  # noqa: ANN401 - settings
    """The port of the service, in this process, with the server options that production has."""
    settings = Settings(
        **{
            "database_url": database_url, "redis_url": redis_url, "artifacts_dir": str(ROOT / "artifacts"),
            "log_level": "error", "rate_limit_per_minute": 0, "model_poll_seconds": 0, **chosen,
        }
    )  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(create(settings), **server_options(settings)))
    with socket.create_server(("127.0.0.1", 0), backlog=1_024) as listener:
        running = asyncio.create_task(server.serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells it no other way
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await running


@contextlib.asynccontextmanager
async def started(database_url: str, redis_url: str, **environ: str) -> AsyncIterator[tuple[int, psutil.Process]]:
    """The port of the service as processes of their own, ready, and its first process."""
    port = int(environ.get("PORT", free_port()))
    chosen = {
        **os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url, "HOST": "127.0.0.1", "PORT": str(port),
        "ARTIFACTS_DIR": str(ROOT / "artifacts"), "RATE_LIMIT_PER_MINUTE": "0", "MODEL_POLL_SECONDS": "0",
        "LOG_FORMAT": "json", "LOG_LEVEL": "error", "ACCESS_TOKEN_SECONDS": "86400", **environ,
    }  # fmt: skip
    process = _from_nothing(chosen) if "LD_PRELOAD" in environ else start("serve", environ=chosen, cwd=ROOT)
    try:
        await until_ready(port)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _from_nothing(environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process that is no copy of another: libraries of the environment come in with its program alone."""
    command = [sys.executable, "-m", "upi_risk.bootstrap.cli", "serve"]
    return subprocess.Popen(command, env=environ, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


async def until_ready(port: int, seconds: float = 180) -> float:
    """Wait until the service says that it is ready; returns the seconds that took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while loop.time() - began < seconds:
        with contextlib.suppress(OSError, EOFError):
            async with Wire(port) as wire:
                if (await wire.get("/health/ready")).status == 200:
                    return loop.time() - began
        await asyncio.sleep(0.05)
    raise TimeoutError


async def answered_again(wire: Wire, request: bytes, seconds: float) -> tuple[Reply, float]:
    """Ask until the answer is 200; returns it, and after how many seconds it came."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while True:
        with contextlib.suppress(OSError, EOFError):
            reply = await wire.ask(request)
            if reply.status == 200:
                return reply, loop.time() - began
        assert loop.time() - began < seconds, "not served again in time"
        await asyncio.sleep(0.05)
