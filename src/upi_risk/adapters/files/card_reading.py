"""Reading a ``card.json`` that somebody wrote, or meddled with."""

from __future__ import annotations

from typing import Final

import msgspec

from upi_risk.adapters.files.card_file import FORMAT, CardFile
from upi_risk.adapters.files.seal import is_intact
from upi_risk.domain.errors import ModelRejectedError

_READABLE: Final = frozenset({1, 2, FORMAT})


class _Format(msgspec.Struct):
    format: int


def read_card(content: bytes, name: str) -> CardFile:
    """Read a ``card.json``.

    Args:
        content: of the file.
        name: of the model, for the message.

    Raises:
        ModelRejectedError: it is no card, or one of a later release.
    """
    try:
        if msgspec.json.decode(content, type=_Format).format not in _READABLE:
            message = f"Model {name} has a card.json of another release; serve it with that release, or train it anew."
            raise ModelRejectedError(message)
        card = msgspec.json.decode(content, type=CardFile)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        message = f"Model {name} has a card.json that cannot be read ({error}); restore it or train anew."
        raise ModelRejectedError(message) from error
    if (card.seal is not None or card.format == FORMAT) and not is_intact(content):
        raise ModelRejectedError(f"Model {name} has a card.json that was changed; restore it or train anew.")
    if not card.confidence.edges or len(card.confidence.edges) != len(card.confidence.fraud_rates):
        raise ModelRejectedError(f"Model {name} has a card.json without a confidence curve; train it anew.")
    try:
        card.card()
    except ValueError as error:
        raise ModelRejectedError(f"Model {name}: {error} Restore its card.json.") from error
    if any(len(row.vector) != len(card.features) for row in card.canaries):
        raise ModelRejectedError(f"Model {name} has canary rows that are not its features; restore its card.json.")
    return card
