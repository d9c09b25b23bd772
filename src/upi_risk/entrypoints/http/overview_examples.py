"""Examples of what analysts see beside single payments, for the documentation."""

from __future__ import annotations

from typing import Any, Final

SERVICE: Final[dict[str, Any]] = {
    "model_version": "v2.0",
    "feature_set": "extended",
    "rules_version": "3.17",
    "figures_at": "2026-01-16T00:05:00.000000Z",
    "figures": [{"name": "segment_recall", "label": "known receiver", "value": 0.52}],
}
RULES: Final[dict[str, Any]] = {
    "version": "3.17",
    "rules": [
        {
            "code": "upi_day_count",
            "text": "More than 20 payments in 24 hours",
            "decision": "VERIFY",
            "hard": False,
            "when": "day_count over 20",
        }
    ],
    "entry_count": 1,
    "entries": [
        {
            "side": "block",
            "kind": "receiver",
            "subject": "mu***@ybl",
            "reason": "three reports",
            "author": "asha",
            "added_at": "2026-01-15T09:30:00.000000Z",
            "expires_at": None,
        }
    ],
}
RECEIVER: Final[dict[str, Any]] = {
    "receiver_upi": "me***@upi",
    "known": True,
    "reputation": 0.5,
    "payer_count": 12,
    "report_count": 0,
}
