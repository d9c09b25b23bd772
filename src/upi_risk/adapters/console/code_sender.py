"""One-time codes on the terminal, for development."""

from __future__ import annotations

from collections.abc import Callable

from upi_risk.domain.challenge import Purpose
from upi_risk.domain.errors import CodeNotSentError
from upi_risk.domain.payment import Phone

_SHOWN = 4


class ConsoleCodeSender:
    """See :class:`upi_risk.domain.account_ports.CodeSender`. It writes past the log, which never has a code."""

    def __init__(self, write: Callable[[str], object]) -> None:
        """``write`` is that of a terminal."""
        self._write = write

    async def send(self, phone: Phone, code: str, purpose: Purpose) -> None:
        """Write a line with the code and the end of the phone."""
        try:
            self._write(f"Code to {purpose} for the phone …{phone[-_SHOWN:]}: {code}\n")
        except (OSError, ValueError) as error:
            raise CodeNotSentError("the terminal is gone") from error
