"""What `upi-risk run` does: the servers that are missing, the schema, the application, and one sentence when it cannot.

The application and the migration are commands, so that each is the very process that production starts.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import click

from upi_risk.adapters.embedded import EmbeddedServer, EmbeddedServerError, SupervisedProcess, wait_until
from upi_risk.bootstrap.backing_servers import ServerUrls, backing_servers
from upi_risk.bootstrap.children import CLI
from upi_risk.bootstrap.first_steps import first_steps
from upi_risk.bootstrap.network import LaunchError, answers, require_free_port, url_of

READY_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 30.0
ATTEND_SECONDS = 0.5
_BY_SIGNAL = 128
_SIGTERM_EXIT_CODE = _BY_SIGNAL + int(signal.SIGTERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchOptions:
    """Where to serve and with what.

    Attributes:
        host: the address to listen on.
        port: the TCP port to listen on.
        database_url: a PostgreSQL of yours; None starts an embedded one.
        redis_url: a Redis or Valkey of yours; None starts an embedded one.
        owner_url: your PostgreSQL as its schema's owner; None where one role does all.
        var_dir: the folder that keeps the embedded servers' data and `dev.env` between runs.
        environ: what the started processes inherit; the URLs, HOST and PORT are set on top.
        proven: whether phones have to be proven.
        migrate_command: brings the schema up to date; reads DATABASE_URL and DATABASE_OWNER_URL.
        serve_command: serves until SIGTERM; reads DATABASE_URL, REDIS_URL, HOST and PORT.
    """

    host: str
    port: int
    database_url: str | None
    redis_url: str | None
    var_dir: Path
    environ: Mapping[str, str]
    owner_url: str | None = None
    proven: bool = False
    migrate_command: tuple[str, ...] = field(default=(*CLI, "migrate"))
    serve_command: tuple[str, ...] = field(default=(*CLI, "serve"))


def run(options: LaunchOptions) -> int:
    """Serve until Ctrl-C or SIGTERM; the application stops first, then the servers that were started for it.

    Returns:
        The exit code: 0 after Ctrl-C, 143 after SIGTERM, 1 after a failure, which one sentence on stderr tells;
        the application's own where it ends of itself.
    """
    try:
        with _signals_unwind():
            return _serve(options)
    except (LaunchError, EmbeddedServerError) as error:
        click.echo(str(error), err=True)
        return 1
    except _Terminated:
        return _SIGTERM_EXIT_CODE
    except KeyboardInterrupt:
        return 0


def _serve(options: LaunchOptions) -> int:
    began = time.monotonic()
    require_free_port(options.host, options.port)
    with contextlib.ExitStack() as stack:
        servers = backing_servers(
            options.var_dir, options.database_url, options.redis_url, owner_url=options.owner_url
        )  # fmt: skip
        urls = stack.enter_context(servers)
        environ = _environ(options, urls)
        migrate(options.migrate_command, {**environ, "DATABASE_OWNER_URL": urls.owner})
        application = SupervisedProcess(options.serve_command, stop_signal=signal.SIGTERM, environ=environ)
        stack.callback(application.stop, STOP_TIMEOUT_SECONDS)
        if not wait_until(lambda: answers(options.host, options.port), application, READY_TIMEOUT_SECONDS):
            raise LaunchError(_why_not_ready(application.exit_code()))
        base = url_of(options.host, options.port)
        click.echo(first_steps(base, options.var_dir, time.monotonic() - began, proven=options.proven))
        return _attend(application, urls.started)


def _attend(application: SupervisedProcess, servers: Sequence[EmbeddedServer]) -> int:
    """Wait for the application to end of itself.

    Raises:
        LaunchError: a signal ended it, or a server that was started for it is gone.
    """
    while (code := application.exit_code()) is None:
        for server in servers:
            if not server.runs():
                where = f"see {_near(server.log)}; start again with make run."
                raise LaunchError(f"{server.product} ended by itself: {where}")
        time.sleep(ATTEND_SECONDS)
    if 0 < code - _BY_SIGNAL < signal.NSIG:
        number = code - _BY_SIGNAL
        raise LaunchError(f"The application was ended by signal {number} from outside; start again with make run.")
    return code


def _near(path: Path) -> Path:
    """The path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _environ(options: LaunchOptions, urls: ServerUrls) -> dict[str, str]:
    return {
        **options.environ,
        "DATABASE_URL": urls.database,
        "REDIS_URL": urls.redis,
        "HOST": options.host,
        "PORT": str(options.port),
        "DATABASE_OWNER_URL": "",
    }


def migrate(command: tuple[str, ...], environ: Mapping[str, str]) -> None:
    """Bring the schema up to date.

    Raises:
        LaunchError: the command failed; what it says is on the terminal already.
    """
    code = subprocess.run(command, env=environ, check=False).returncode  # noqa: S603
    if code != 0:
        raise LaunchError(f"The database could not be migrated (exit code {code}): the reason stands above.")


def _why_not_ready(exit_code: int | None) -> str:
    if exit_code is None:
        return f"The application is not ready after {READY_TIMEOUT_SECONDS:.0f} seconds: the reason should stand above."
    return f"The application ended while it started (exit code {exit_code}): the reason stands above."


class _Terminated(BaseException):
    """SIGTERM came: not an Exception, so that nothing on the way takes it for a failure."""


@contextlib.contextmanager
def _signals_unwind() -> Iterator[None]:
    """Unwind on SIGTERM as Python does on Ctrl-C, so that everything started is stopped in order.

    SIGINT is set, too: a shell starts what runs in the background (`make run &`) with it ignored.
    """

    def raise_terminated(_number: int, _frame: FrameType | None) -> None:
        raise _Terminated

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    signal.signal(signal.SIGTERM, raise_terminated)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
