"""What every source of one-time secrets promises; see upi_risk.domain.account_ports.OneTimeSecrets."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from upi_risk.adapters.memory import SeededSecrets
from upi_risk.adapters.system import RandomSecrets
from upi_risk.domain.account_ports import OneTimeSecrets


@pytest.fixture(params=[SeededSecrets, RandomSecrets], ids=["seeded", "random"])
def secrets(request: pytest.FixtureRequest) -> OneTimeSecrets:
    made: OneTimeSecrets = request.param()
    return made


def test_a_challenge_has_a_name_that_nobody_guesses_and_none_has_twice(secrets: OneTimeSecrets) -> None:
    names = [secrets.challenge_id() for _ in range(1000)]
    assert all(re.fullmatch(r"upc_[A-Za-z0-9_-]{43}", name) for name in names)
    assert len(set(names)) == 1000


def test_a_code_has_six_digits_each_as_often_as_any_other(secrets: OneTimeSecrets) -> None:
    """Chi-square of each place over 20,000 codes: with 9 degrees of freedom above 40 once in 130,000."""
    codes = [secrets.code() for _ in range(20_000)]
    assert all(re.fullmatch(r"[0-9]{6}", code) for code in codes)
    for place in range(6):
        seen = Counter(code[place] for code in codes)
        assert sum((seen[digit] - 2_000) ** 2 / 2_000 for digit in "0123456789") < 45
