"""What may serve whom: modes, secrets, and who may read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from upi_risk.bootstrap.one_time_codes import peppers, quotas
from upi_risk.bootstrap.settings import Settings, SettingsError, read_settings

PEPPER = "Vq3tq0m2pTz8s1yQ6nXr5wLk9uJh4gFb"
DATA_KEY = "mK8sVd2Qw7Zr5tYx9bNc4hJf1gLp6aTe"
PHONE_INDEX_KEY = "Uy3nGq6Rk0Wz8cXv5mBd1fHs7jPa4lEo"
READY = Settings(
    app_env="production",
    auth_mode="otp",
    host="0.0.0.0",
    otp_pepper=PEPPER,
    otp_sender="http",
    otp_gateway_url="https://sms.acme.in/v1/messages",
    otp_gateway_token="bL7xS2kW9qZ4vN1c",
    data_key=DATA_KEY,
    phone_index_key=PHONE_INDEX_KEY,
    database_url="postgresql://u:real@db/x?sslmode=verify-full",
    redis_url="rediss://:real@redis/0",
)
ROOT = Path(__file__).resolve().parents[3]


def with_(**fields: Any) -> Settings:  # noqa: ANN401 - each field's own type
    return msgspec.structs.replace(READY, **fields)


def test_a_service_with_all_its_secrets_starts_in_production_and_anywhere() -> None:
    READY.require_safe()
    Settings(auth_mode="otp", host="0.0.0.0").require_safe()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"auth_mode": "demo"}, "APP_ENV=production needs AUTH_MODE=otp"),
        ({"otp_pepper": ""}, "OTP_PEPPER is not set"),
        ({"otp_pepper": PEPPER[:31]}, "OTP_PEPPER is too short: it must have at least 32"),
        ({"otp_pepper": "a" * 40}, "OTP_PEPPER can be guessed"),
        ({"otp_pepper": "change-me-to-something-long-and-random"}, "OTP_PEPPER is still that of the example"),
        ({"otp_pepper_previous": "short"}, "OTP_PEPPER_PREVIOUS is too short"),
        ({"data_key": ""}, "DATA_KEY is not set"),
        ({"data_key": DATA_KEY[:31]}, "DATA_KEY is too short"),
        ({"data_key": "change-me-to-something-long-and-random"}, "DATA_KEY is still that of the example"),
        ({"data_key_previous": "short"}, "DATA_KEY_PREVIOUS is too short"),
        ({"phone_index_key": ""}, "PHONE_INDEX_KEY is not set"),
        ({"phone_index_key": "a" * 40}, "PHONE_INDEX_KEY can be guessed"),
        ({"phone_index_key": DATA_KEY}, "PHONE_INDEX_KEY is the same as DATA_KEY"),
        ({"phone_index_key_previous": "short"}, "PHONE_INDEX_KEY_PREVIOUS is too short"),
        ({"database_url": "postgresql://u:real@db/x"}, "DATABASE_URL leads to another machine without TLS"),
        ({"database_url": "postgresql://u:real@db/x?sslmode=require"}, "sslmode=verify-full"),
        ({"database_url": "postgresql:///x?host=10.0.0.7"}, "DATABASE_URL leads to another machine"),
        ({"database_replica_url": "postgresql://u:real@db2/x"}, "DATABASE_REPLICA_URL leads to another machine"),
        ({"database_owner_url": "postgresql://o:real@db/x"}, "DATABASE_OWNER_URL leads to another machine"),
        ({"redis_url": "redis://:real@redis/0"}, "REDIS_URL leads to another machine without TLS"),
        ({"redis_url": "redis+cluster://:real@redis"}, "REDIS_URL leads to another machine without TLS"),
        ({"redis_url": "rediss://:real@redis/0?ssl_cert_reqs=none"}, "must begin with rediss"),
        ({"otp_sender": "console"}, "set OTP_SENDER=http"),
        ({"otp_gateway_token": ""}, "OTP_GATEWAY_TOKEN is not set"),
        ({"otp_gateway_token": "short"}, "OTP_GATEWAY_TOKEN is too short: it must have at least 16"),
        ({"otp_gateway_url": ""}, "OTP_GATEWAY_URL is no https"),
        ({"otp_gateway_url": "ftp://x"}, "OTP_GATEWAY_URL is no https"),
        ({"otp_gateway_url": "https://[x"}, "OTP_GATEWAY_URL is no https"),
        ({"otp_gateway_url": "http://sms.acme.in/"}, "OTP_GATEWAY_URL must be https"),
        ({"database_url": "postgresql://u:THE_POSTGRES_PASSWORD@db/x"}, "DATABASE_URL is still that of the example"),
        ({"redis_url": "redis://:THE_REDIS_PASSWORD@redis/0"}, "REDIS_URL is still that of the example"),
        ({"guess_limit_per_hour": 0}, "GUESS_LIMIT_PER_HOUR must be at least 1"),
        ({"code_limit_per_ten_minutes": 0}, "CODE_LIMIT_PER_TEN_MINUTES must be at least 1"),
        ({"signup_limit_per_hour": 0}, "SIGNUP_LIMIT_PER_HOUR must be at least 1"),
        ({"metrics_port": 9464, "metrics_host": "0.0.0.0"}, "set METRICS_TOKEN"),
        ({"metrics_token": "short"}, "METRICS_TOKEN is too short"),
        ({"metrics_token": PEPPER, "metrics_token_previous": "a" * 40}, "METRICS_TOKEN_PREVIOUS can be guessed"),
    ],
)
def test_production_refuses(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as refused:
        with_(**fields).require_safe()
    for value in fields.values():
        assert len(str(value)) < 12 or str(value) not in str(refused.value)


@pytest.mark.parametrize(
    "fields",
    [
        {"database_url": "postgresql://u:real@127.0.0.1/x", "redis_url": "redis://:real@localhost/0"},
        {"database_url": "postgresql:///x?host=/run/postgresql", "redis_url": "unix:///run/redis.sock"},
        {"redis_url": "rediss+cluster://:real@redis"},
        {"database_url": "postgresql://u:real@db/x", "redis_url": "redis://:real@redis/0", "require_tls": False},
    ],
)
def test_servers_on_this_machine_by_tls_or_on_a_private_network_are_let_through(fields: dict[str, Any]) -> None:
    with_(**fields).require_safe()


def test_the_demo_serves_this_machine_alone() -> None:
    """Removed: the look at the host; it started."""
    with pytest.raises(SettingsError, match=r"HOST=0\.0\.0\.0 is no loopback address"):
        Settings(host="0.0.0.0").require_safe()
    Settings(host="::1").require_safe()


def test_metrics_are_open_to_this_machine_alone_in_any_mode() -> None:
    others = Settings(metrics_port=9464, metrics_host="0.0.0.0")
    with pytest.raises(SettingsError, match=r"METRICS_HOST=0\.0\.0\.0 is no loopback address"):
        others.require_safe()
    msgspec.structs.replace(others, metrics_token=PEPPER).require_safe()
    Settings(metrics_port=9464).require_safe()
    Settings(metrics_host="0.0.0.0").require_safe()


def test_a_gateway_on_this_machine_needs_no_tls() -> None:
    with_(otp_gateway_url="http://127.0.0.1:9000/").require_safe()


@pytest.mark.parametrize(("mode", "refused"), [(0o644, True), (0o602, True), (0o600, False), (0o640, False)])
def test_production_refuses_secrets_that_everybody_may_read(tmp_path: Path, mode: int, refused: bool) -> None:
    """Removed: the look at the file's mode; it started."""
    file = tmp_path / ".env"
    file.write_text("X=1\n")
    file.chmod(mode)
    if refused:
        with pytest.raises(SettingsError, match=r"\.env can be read by everybody on this machine: chmod 600 \.env"):
            READY.require_safe(file)
    else:
        READY.require_safe(file)
    msgspec.structs.replace(READY, app_env="development").require_safe(file)


@pytest.mark.parametrize("example", [".env.example", "deploy/production.env.example"])
def test_an_example_as_it_is_starts_nothing_in_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    for name in ("RATE_LIMIT_PER_MINUTE", "SIGNUP_LIMIT_PER_HOUR", "LOGIN_LIMIT_PER_HOUR"):
        monkeypatch.delenv(name, raising=False)
    file = tmp_path / ".env"
    file.write_text((ROOT / example).read_text(encoding="utf-8"))
    file.chmod(0o600)
    settings = read_settings(file, app_env="production", auth_mode="otp", otp_sender="http")
    with pytest.raises(SettingsError, match="OTP_PEPPER"):
        settings.require_safe(file)


def test_an_example_has_no_secret_in_it() -> None:
    for example in (".env.example", "deploy/production.env.example"):
        lines = (ROOT / example).read_text(encoding="utf-8").splitlines()
        given = {name: value for name, _, value in (line.partition("=") for line in lines if not line.startswith("#"))}
        assert not any(value for name, value in given.items() if name.startswith("OTP_") and name != "OTP_SENDER")


def test_limits_are_those_of_the_mode_unless_they_are_set() -> None:
    demo, otp = Settings(), Settings(auth_mode="otp")
    assert (demo.sign_ups_per_hour, demo.log_ins_per_hour) == (0, 0)
    assert (otp.sign_ups_per_hour, otp.log_ins_per_hour) == (5, 20)
    chosen = quotas(Settings(auth_mode="otp", signup_limit_per_hour=7, guess_limit_per_hour=9))
    assert (chosen.sign_ups, chosen.log_ins, chosen.guesses, chosen.codes) == (7, 20, 9, 3)


def test_without_a_pepper_one_is_drawn() -> None:
    assert len(peppers(Settings()).current) == 43
    assert peppers(Settings()).current != peppers(Settings()).current
    assert peppers(Settings(otp_pepper=PEPPER)).current == PEPPER
