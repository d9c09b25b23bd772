"""What the command line says of errors."""

import pytest

from upi_risk.bootstrap.cli import told
from upi_risk.domain.errors import (
    ContendedError,
    DeadlineError,
    StoreUnavailableError,
    UnknownUserError,
    UnusableDataError,
)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (StoreUnavailableError(), "PostgreSQL cannot be reached"),
        (StoreUnavailableError("OperationalError"), "PostgreSQL cannot be reached"),
        (DeadlineError(), "no answer in time"),
        (UnknownUserError(), "give the phone, or the id"),
        (ContendedError(), "nothing was saved"),
        (StoreUnavailableError("The disk is full."), "The disk is full."),
        (UnusableDataError("There are no frauds."), "There are no frauds."),
    ],
)
def test_an_error_without_words_is_told_in_a_sentence_that_says_what_to_do(error: Exception, sentence: str) -> None:
    """Red where the name of a driver's error counts as words."""
    assert sentence in told(error)
