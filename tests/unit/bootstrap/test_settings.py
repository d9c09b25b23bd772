"""Settings: where they come from, and what is refused."""

from pathlib import Path

import pytest

from upi_risk.bootstrap.settings import Settings, SettingsError, read_settings


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("# ours\nPORT=9000\nexport LOG_LEVEL='debug'\nHOST=\nUNKNOWN=1\nDOCS=false\n")
    monkeypatch.setenv("PORT", "9001")
    monkeypatch.delenv("HOST", raising=False)
    settings = read_settings(file)
    assert (settings.port, settings.log_level, settings.host, settings.docs) == (9001, "debug", "127.0.0.1", False)


def test_an_empty_variable_does_not_hide_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=9000\n")
    monkeypatch.setenv("PORT", "")
    assert read_settings(file).port == 9000


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", "HOST", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    assert read_settings(tmp_path / "none").port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "abc"), ("PORT", "0"), ("LOG_LEVEL", "loud"), ("DATABASE_POOL_SIZE", "-1"), ("AUTH_MODE", "none")],
)
def test_a_setting_that_makes_no_sense_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name):
        read_settings(tmp_path / "none")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_the_demo_mode_serves_this_machine(host: str) -> None:
    Settings(host=host).require_safe()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.com"])
def test_the_demo_mode_serves_nobody_else(host: str) -> None:
    with pytest.raises(SettingsError, match="HOST="):
        Settings(host=host).require_safe()


def test_production_needs_more_than_the_demo_mode() -> None:
    with pytest.raises(SettingsError, match="APP_ENV=production"):
        Settings(app_env="production").require_safe()


def test_servers_must_be_named_to_serve() -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        Settings().require_database()
    with pytest.raises(SettingsError, match="REDIS_URL"):
        Settings(database_url="postgresql://x").require_servers()
    Settings(database_url="postgresql://x", redis_url="redis://x").require_servers()


def test_origins_are_separated_by_commas() -> None:
    assert Settings(cors_origins="https://a.example, ,https://b.example").origins == (
        "https://a.example",
        "https://b.example",
    )
    assert Settings(cors_origins="").origins == ()


def test_in_a_folder_without_artifacts_those_of_the_checkout_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ARTIFACTS_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    assert Path(read_settings().artifacts_dir, "models", "CURRENT").is_file()
    Path("artifacts").mkdir()
    assert read_settings().artifacts_dir == "artifacts"
    monkeypatch.setenv("ARTIFACTS_DIR", "elsewhere")
    assert read_settings().artifacts_dir == "elsewhere"


@pytest.mark.parametrize("name", ["rate_limit_per_minute", "signup_limit_per_hour", "login_limit_per_hour"])
def test_production_needs_limits(name: str) -> None:
    with pytest.raises(SettingsError, match=name.upper()):
        Settings(app_env="production", **{name: 0}).require_safe()  # type: ignore[arg-type]  # an int, whichever it is


def test_trusted_proxies_are_networks_with_commas_between() -> None:
    assert [str(each) for each in Settings(trusted_proxies="10.0.0.0/8, ::1,").proxies] == ["10.0.0.0/8", "::1/128"]
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        _ = Settings(trusted_proxies="10.0.0.1/8").proxies


def test_the_service_answers_to_loopback_its_own_address_and_what_it_was_told() -> None:
    assert Settings(host="::1", allowed_hosts="API.example.com, pay.example.com").hosts == {
        "localhost", "127.0.0.1", "::1", "api.example.com", "pay.example.com",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("chosen", "sends"),
    [
        ({}, False),
        ({"hsts": "on"}, True),
        ({"app_env": "production"}, True),
        ({"host": "0.0.0.0"}, True),
        ({"host": "0.0.0.0", "app_env": "production", "hsts": "off"}, False),
    ],
)
def test_tls_is_asked_for_in_production_and_where_others_can_connect(chosen: dict[str, str], *, sends: bool) -> None:
    assert Settings(**chosen).sends_hsts is sends  # type: ignore[arg-type]  # literals, all of them
