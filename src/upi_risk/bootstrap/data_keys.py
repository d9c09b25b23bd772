"""What protects personal data: keys of the settings or, outside of production, ones drawn once; and periods."""

from __future__ import annotations

import os
import secrets
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

from dotenv import dotenv_values

from upi_risk.adapters.cryptography.vault import AesGcmVault
from upi_risk.bootstrap.backing_servers import VAR
from upi_risk.bootstrap.secret_faults import fault_of_data_keys
from upi_risk.bootstrap.settings import Settings, SettingsError
from upi_risk.domain.person import PhoneKeys
from upi_risk.domain.retention import Lapsed, Periods

_FILE: Final = "keys.env"


def phone_keys(settings: Settings) -> PhoneKeys:
    """What users are found by their phone with.

    Raises:
        SettingsError: the keys are missing or will not do.
    """
    _, current = _secrets(settings)
    return PhoneKeys(current, settings.phone_index_key_previous, sealing=settings.personal_data == "sealed")


def vault(settings: Settings) -> AesGcmVault:
    """What seals.

    Raises:
        SettingsError: the keys are missing or will not do.
    """
    current, _ = _secrets(settings)
    return AesGcmVault(current, settings.data_key_previous, sealing=settings.personal_data == "sealed")


def periods(settings: Settings) -> Periods:
    """How long personal data is kept."""
    days = {
        Lapsed.PERSONS: settings.retain_inactive_days,
        Lapsed.DEVICES: settings.retain_devices_days,
        Lapsed.NOTES: settings.retain_notes_days,
        Lapsed.MESSAGES: settings.retain_messages_days,
    }
    return {lapsed: timedelta(days=number) for lapsed, number in days.items() if number}


def _secrets(settings: Settings) -> tuple[str, str]:
    """DATA_KEY and PHONE_INDEX_KEY."""
    production = settings.app_env == "production"
    fault = fault_of_data_keys(settings, needed=production)
    if fault is not None:
        raise SettingsError(fault)
    if settings.data_key and settings.phone_index_key:
        return settings.data_key, settings.phone_index_key
    drawn = _drawn(VAR / _FILE)
    return settings.data_key or drawn["DATA_KEY"], settings.phone_index_key or drawn["PHONE_INDEX_KEY"]


def _drawn(file: Path) -> dict[str, str]:
    """The keys of a file for its owner alone, which is made whole if it is not there; of two who make it one wins."""
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            names = ("DATA_KEY", "PHONE_INDEX_KEY")
            text = "".join(f"{name}={secrets.token_urlsafe(32)}\n" for name in names)
            handle, temporary = tempfile.mkstemp(dir=file.parent)
            with os.fdopen(handle, "w", encoding="ascii") as made:
                made.write(text)
            try:
                os.link(temporary, file)
            except FileExistsError:
                pass
            finally:
                Path(temporary).unlink()
        kept = dotenv_values(file)
        return {"DATA_KEY": kept["DATA_KEY"] or "", "PHONE_INDEX_KEY": kept["PHONE_INDEX_KEY"] or ""}
    except (OSError, KeyError):
        raise SettingsError(
            f"DATA_KEY and PHONE_INDEX_KEY are not set, and not to be kept in {file}: set them."
        ) from None
