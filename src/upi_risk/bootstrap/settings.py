"""The settings: the only place that reads the environment and ``.env``."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from dotenv import dotenv_values

from upi_risk.bootstrap.data_settings import DataSettings
from upi_risk.bootstrap.safety import fault_of_serving, fault_of_ways
from upi_risk.bootstrap.secret_faults import is_loopback
from upi_risk.bootstrap.setting_faults import sentence
from upi_risk.bootstrap.setting_texts import filled, listed
from upi_risk.entrypoints.http.limits import LOOPBACK_NAMES

Positive = Annotated[int, msgspec.Meta(gt=0)]
NotNegative = Annotated[int, msgspec.Meta(ge=0)]
Port = Annotated[int, msgspec.Meta(ge=1, le=65_535)]
PortOrNone = Annotated[int, msgspec.Meta(ge=0, le=65_535)]

Endpoint = Annotated[str, msgspec.Meta(pattern=r"^(https?://[^\s?#]+)?$")]

ENV_FILE: Final = Path(".env")


class SettingsError(Exception):
    """A setting is missing or makes no sense; the text says which and what to do."""


class Settings(DataSettings, frozen=True, kw_only=True, rename="upper"):
    """What an operator may choose. Each field is the environment variable of the same name in capitals.

    Those about personal data are in :class:`upi_risk.bootstrap.data_settings.DataSettings`.

    Attributes:
        app_env: ``production`` refuses everything that is meant for trying out.
        auth_mode: ``demo`` signs a user in by the phone alone, on a loopback address only; ``otp`` proves the phone.
        host: the address to listen on.
        port: the TCP port to listen on.
        workers: processes that serve behind the port.
        database_url: PostgreSQL, ``postgresql://user:password@host:port/name``.
        database_owner_url: the same database as its schema's owner, for ``migrate`` and what operators do at the
            command line; empty where one role does all. The processes that serve need not know it.
        database_replica_url: a PostgreSQL that follows it, for reading one's own past; empty reads that from the first.
        redis_url: Redis or Valkey, ``redis://:password@host:port/0``.
        artifacts_dir: where the models are.
        model_version: the model that serves; empty means the one that ``artifacts/models/CURRENT`` names.
        model_poll_seconds: how often a serving process looks for another model in CURRENT; 0 is never.
        rules_poll_seconds: how often a serving process looks for other rules and lists; 0 is at its start alone.
        allowed_hosts: names that the service goes by, separated by commas, beside its own address and loopback.
        hsts: whether browsers are told to come by TLS alone; ``auto`` is in production and where others can connect.
        head_timeout_ms: how long a caller may take for the head of a request.
        body_timeout_ms: how long for the body.
        send_timeout_ms: how long to take the answer, or 16 KiB of it.
        max_connections: of callers at most, for each process.
        cors_origins: web origins that may call, separated by commas.
        rate_limit_per_minute: requests of an address in any minute, over all processes; 0 is without a limit.
        signup_limit_per_hour: sign-ups of an address in any hour; 0 is without a limit, None is what the mode has.
        login_limit_per_hour: sign-ins of an address in any hour; likewise.
        guess_limit_per_hour: answers to challenges, of an address in any hour; 0 is without a limit.
        code_limit_per_ten_minutes: codes for a phone in any ten minutes; 0 is without a limit.
        otp_pepper: what digests of codes are made with; empty draws one, for as long as the service runs.
        otp_pepper_previous: the one before, recognised while a new one takes over.
        otp_sender: how codes get to a phone: ``console`` writes them on the terminal, ``http`` calls a gateway.
        otp_gateway_url: where the gateway is.
        otp_gateway_token: the bearer token that it knows us by.
        otp_gateway_timeout_ms: how long one try to reach it may take.
        trusted_proxies: networks of proxies, separated by commas, whose word on a client's address is taken.
        client_address_header: the one header in which these say it.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        log_format: ``json``, ``console``, or ``auto`` (console on a terminal).
        access_token_seconds: how long an access token is good for.
        refresh_token_seconds: how long a refresh token that nobody exchanges is good for.
        sign_in_days: after how many days a user has to sign in again, however busy the tokens are.
        database_pool_size: connections to PostgreSQL at most, for each process.
        redis_pool_size: connections to Redis at most, for each process.
        request_deadline_ms: how long a request may take before it is refused; a slow sender's own time is not counted.
        admission_wait_ms: when a check has waited so long, further ones are refused at once; so are those that a
            process short of time would answer later than after half of it.
        pool_timeout_ms: how long to wait for a free connection.
        statement_timeout_ms: how long a statement may take.
        lock_timeout_ms: how long a statement may wait for somebody else's lock.
        redis_timeout_ms: how long a call of Redis may take, connecting included.
        model_timeout_ms: how long the model may compute for a batch; four times that if it waits instead.
        breaker_failures: after so many in a row of PostgreSQL or of Redis, it is not asked for a while.
        breaker_open_ms: for how long; then one call finds out.
        docs: whether ``/docs`` is served.
        console: whether ``/console``, the analysts' page, is served.
        metrics_host: the address that ``/metrics`` is served on.
        metrics_port: its TCP port; 0 serves none.
        transactions_kept_months: whole months of transactions that stay in the database; older ones may be archived.
        archive_dir: the folder they are archived to by the worker; empty archives nothing.
        metrics_token: the bearer token that opens ``/metrics``; empty leaves it open, on a loopback address only.
        metrics_token_previous: the one before, recognised while a new one takes over.
        metrics_dir: where processes of one service keep their totals; empty takes a folder of its own.
        otel_exporter_otlp_endpoint: of a collector that takes traces by OTLP over HTTP; empty, and there are none.
        trace_share: of the requests, how many are traced.
    """

    app_env: Literal["development", "production"] = "development"
    auth_mode: Literal["demo", "otp"] = "demo"
    host: str = "127.0.0.1"
    port: Port = 8000
    workers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    database_url: str = ""
    database_owner_url: str = ""
    database_replica_url: str = ""
    redis_url: str = ""
    artifacts_dir: str = "artifacts"
    model_version: str = ""
    model_poll_seconds: Annotated[int, msgspec.Meta(ge=0)] = 5
    rules_poll_seconds: NotNegative = 2
    allowed_hosts: str = ""
    hsts: Literal["auto", "on", "off"] = "auto"
    head_timeout_ms: Positive = 5_000
    body_timeout_ms: Positive = 5_000
    send_timeout_ms: Positive = 7_000
    max_connections: Positive = 4_096
    cors_origins: str = "http://localhost:3000,http://localhost:5173"
    rate_limit_per_minute: NotNegative = 100
    signup_limit_per_hour: NotNegative | None = None
    login_limit_per_hour: NotNegative | None = None
    guess_limit_per_hour: NotNegative = 20
    code_limit_per_ten_minutes: NotNegative = 3
    otp_pepper: str = ""
    otp_pepper_previous: str = ""
    otp_sender: Literal["console", "http"] = "console"
    otp_gateway_url: str = ""
    otp_gateway_token: str = ""
    otp_gateway_timeout_ms: Positive = 3_000
    trusted_proxies: str = ""
    client_address_header: Literal["x-forwarded-for", "x-real-ip", "true-client-ip"] = "x-forwarded-for"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    access_token_seconds: Annotated[int, msgspec.Meta(gt=0, le=86_400)] = 900
    refresh_token_seconds: Positive = 30 * 86_400
    sign_in_days: Positive = 90
    database_pool_size: Positive = 20
    redis_pool_size: Positive = 10
    request_deadline_ms: Positive = 450
    admission_wait_ms: Positive = 200
    pool_timeout_ms: Positive = 100
    statement_timeout_ms: Positive = 200
    lock_timeout_ms: Positive = 100
    redis_timeout_ms: Positive = 50
    model_timeout_ms: Positive = 50
    breaker_failures: Positive = 5
    breaker_open_ms: Positive = 1_000
    docs: bool = True
    console: bool = True
    metrics_host: str = "127.0.0.1"
    metrics_port: PortOrNone = 0
    metrics_token: str = ""
    metrics_token_previous: str = ""
    metrics_dir: str = ""
    transactions_kept_months: Annotated[int, msgspec.Meta(ge=12, le=1_200)] = 120
    archive_dir: str = ""
    otel_exporter_otlp_endpoint: Endpoint = ""
    trace_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0

    @property
    def origins(self) -> tuple[str, ...]:
        """The CORS origins, one by one."""
        return listed(self.cors_origins)

    @property
    def hosts(self) -> frozenset[str]:
        """Every name that the service goes by, in lower case and without a port."""
        return frozenset(name.lower() for name in (*LOOPBACK_NAMES, self.host, *listed(self.allowed_hosts)))

    @property
    def sends_hsts(self) -> bool:
        """Whether browsers are told to come by TLS alone."""
        return self.hsts == "on" or (
            self.hsts == "auto" and (self.app_env == "production" or not is_loopback(self.host))
        )

    @property
    def proxies(self) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
        """The networks of trusted proxies, one by one.

        Raises:
            SettingsError: one of them is no network.
        """
        try:
            return tuple(map(ipaddress.ip_network, listed(self.trusted_proxies)))
        except ValueError:
            message = "TRUSTED_PROXIES is not as it must be: networks with commas between, as 10.0.0.0/8,fd00::/8."
            raise SettingsError(message) from None

    @property
    def metrics_tokens(self) -> tuple[str, ...]:
        """Every token that opens ``/metrics``; none where it is open."""
        return tuple(filter(None, (self.metrics_token, self.metrics_token_previous)))

    def in_bulk(self) -> Settings:
        """The same, with time for work on thousands of rows, where nobody waits for an answer."""
        least = {
            "pool_timeout_ms": 2_000, "statement_timeout_ms": 5_000, "lock_timeout_ms": 2_000, "redis_timeout_ms": 100,
            "model_timeout_ms": 5_000,
        }  # fmt: skip
        return msgspec.structs.replace(self, **{name: max(getattr(self, name), ms) for name, ms in least.items()})

    def require_database(self) -> None:
        """Refuse to go on without a database, or by a way to it that others may read.

        Raises:
            SettingsError: one sentence that says what to do.
        """
        _require("DATABASE_URL", self.database_url)
        self.require_safe_ways()

    def require_servers(self) -> None:
        """Refuse to go on without a database and a cache.

        Raises:
            SettingsError: one sentence that says what to do.
        """
        _require("DATABASE_URL", self.database_url)
        _require("REDIS_URL", self.redis_url)

    @property
    def sign_ups_per_hour(self) -> int:
        """The limit in force; 0 is without one."""
        return self._or_of_mode(self.signup_limit_per_hour, 5)

    @property
    def log_ins_per_hour(self) -> int:
        """The limit in force; 0 is without one."""
        return self._or_of_mode(self.login_limit_per_hour, 20)

    def _or_of_mode(self, limit: int | None, proven: int) -> int:
        usual = proven if self.auth_mode == "otp" else 0
        return usual if limit is None else limit

    def require_safe(self, env_file: Path = ENV_FILE) -> None:
        """Refuse to serve where somebody might get in who should not.

        Args:
            env_file: the file that secrets may be in.

        Raises:
            SettingsError: one sentence that says what to do.
        """
        _refuse(fault_of_serving(self, env_file))

    def require_safe_ways(self) -> None:
        """Refuse, as above, to reach PostgreSQL or Redis by a way that others may read."""
        _refuse(fault_of_ways(self))


def read_settings(env_file: Path = ENV_FILE, **overrides: Any) -> Settings:  # noqa: ANN401 - each field's own type
    """Settings from the environment, and for what it lacks from a file of ``NAME=value`` lines.

    Args:
        env_file: read if it exists.
        **overrides: fields that are already decided.

    Raises:
        SettingsError: a value makes no sense.
    """
    names = {field.encode_name for field in msgspec.structs.fields(Settings)}
    # An empty variable is one that is not set: make exports HOST and PORT in any case.
    given = {**filled(dotenv_values(env_file)), **filled(os.environ)}
    found = {name: value for name, value in given.items() if name in names}
    found.setdefault("ARTIFACTS_DIR", str(_artifacts()))
    try:
        return msgspec.structs.replace(msgspec.convert(found, Settings, strict=False), **overrides)
    except msgspec.ValidationError as error:
        raise SettingsError(sentence(error, Settings, found)) from None


def environment() -> Mapping[str, str]:
    """A copy of the environment, for processes that are started."""
    return dict(os.environ)


def _artifacts() -> Path:
    """Those of the folder that a command is called in or, if it has none, of the checkout that this code is in."""
    here, ours = Path("artifacts"), Path(__file__).resolve().parents[3] / "artifacts"
    return ours if ours.is_dir() and not here.is_dir() else here


def _require(name: str, url: str) -> None:
    _refuse(None if url else f"{name} is not set: set it, or use make run, which brings its own servers.")


def _refuse(fault: str | None) -> None:
    if fault is not None:
        raise SettingsError(fault)


def tell_children(name: Literal["RAY_USAGE_STATS_ENABLED", "PYTHONSAFEPATH"], value: str) -> None:
    """Put a variable that Ray or Python reads into the environment of processes that libraries start."""
    os.environ[name] = value
