"""The table of settings in README.md is the one in the code."""

import re
from pathlib import Path

import msgspec

from upi_risk.bootstrap.settings import Settings

README = Path(__file__).resolve().parents[3] / "README.md"


def test_every_setting_is_in_the_table_and_nothing_else_is() -> None:
    table = README.read_text(encoding="utf-8").split("## Settings")[1].split("##")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {field.encode_name for field in msgspec.structs.fields(Settings)}
