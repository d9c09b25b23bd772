"""The sentence for a setting that makes no sense."""

from pathlib import Path
from typing import Annotated

import msgspec
import pytest

from upi_risk.bootstrap.setting_faults import sentence
from upi_risk.bootstrap.settings import SettingsError, read_settings


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "80000", "PORT is 80000; it must be a number from 1 to 65535."),
        ("PORT", "http", "PORT is 'http'; it must be a number from 1 to 65535."),
        ("DATABASE_POOL_SIZE", "-1", "DATABASE_POOL_SIZE is -1; it must be a number of at least 1."),
        ("AUTH_MODE", "none", "AUTH_MODE is 'none'; it must be demo or otp."),
        ("SIGNUP_LIMIT_PER_HOUR", "-1", "SIGNUP_LIMIT_PER_HOUR is -1; it must be a number of at least 0."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL is 'loud'; it must be debug, error, info or warning."),
        ("DOCS", "maybe", "DOCS is 'maybe'; it must be true or false."),
    ],
)
def test_it_says_what_was_given_and_what_it_must_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings(tmp_path / "none")
    assert str(refused.value) == said


def test_the_value_of_a_text_is_not_repeated() -> None:
    class Held(msgspec.Struct, rename="upper"):
        api_secret: Annotated[str, msgspec.Meta(min_length=16)]

    given = {"API_SECRET": "s3cret"}
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(given, Held)
    said = "API_SECRET is not as it must be: see the table of settings in README.md."
    assert sentence(refused.value, Held, given) == said
