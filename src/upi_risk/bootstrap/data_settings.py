"""The settings about personal data: what protects it, and how long it is kept."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Secret = Annotated[str, msgspec.Meta(pattern=r"^(.{16,})?$")]
"""16 characters at least, or nothing."""

Days = Annotated[int, msgspec.Meta(ge=0, le=36_500)]
"""0 is for ever."""


class DataSettings(msgspec.Struct, frozen=True, kw_only=True, rename="upper"):
    """A part of :class:`upi_risk.bootstrap.settings.Settings`.

    Attributes:
        data_key: what names, phones and secrets of subscriptions are sealed with; empty outside of production draws one
            into ``var/keys.env``.
        data_key_previous: the one before, which opens what it sealed until ``upi-risk protect`` has sealed it anew.
        phone_index_key: what users are found by their phone with; another secret than ``data_key``, likewise.
        phone_index_key_previous: the one before, likewise.
        collect_key: makes the pseudonyms of ``upi-risk collect``; empty draws one for each export.
        personal_data: ``sealed``; or ``clear``, while processes of a release without sealing still serve.
        require_tls: whether production refuses PostgreSQL and Redis on another machine without TLS that is verified.
        retain_inactive_days: after how many days without an event ``upi-risk retention`` erases who a user was.
        retain_devices_days: how long a revoked key of a device is kept.
        retain_notes_days: how long the words of a review are kept.
        retain_messages_days: how long a message that no subscriber took is kept.
    """

    data_key: str = ""
    data_key_previous: str = ""
    phone_index_key: str = ""
    phone_index_key_previous: str = ""
    collect_key: Secret = ""
    personal_data: Literal["sealed", "clear"] = "sealed"
    require_tls: bool = True
    retain_inactive_days: Days = 1_095
    retain_devices_days: Days = 365
    retain_notes_days: Days = 1_826
    retain_messages_days: Days = 90
