"""One-time codes that reach nobody but a test."""

from __future__ import annotations

from upi_risk.domain.challenge import Purpose
from upi_risk.domain.errors import CodeNotSentError
from upi_risk.domain.payment import Phone


class MemoryCodeSender:
    """See :class:`upi_risk.domain.account_ports.CodeSender`.

    Attributes:
        sent: what was sent, in order.
        broken: whether sending fails.
    """

    def __init__(self) -> None:
        self.sent: list[tuple[Phone, str, Purpose]] = []
        self.broken = False

    async def send(self, phone: Phone, code: str, purpose: Purpose) -> None:
        """Keep a code."""
        if self.broken:
            raise CodeNotSentError("broken on purpose")
        self.sent.append((phone, code, purpose))

    def last(self, phone: str) -> str:
        """The code that a phone got last."""
        return next(code for held, code, _ in reversed(self.sent) if held == phone)
