"""``reference.json``: how each feature was spread in training, to compare the present with."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from upi_risk.domain.drift import Drift, Histogram, Reference

_SOURCE = "the training period"


class _Feature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edges: tuple[float, ...]
    shares: tuple[float, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    features: dict[str, _Feature]


def write_reference(drift: Sequence[Drift]) -> bytes:
    """The content of the file; features whose bins are not known are left out."""
    known = {one.feature: _Feature(one.edges, one.before) for one in drift if one.before}
    return msgspec.json.format(msgspec.json.encode(_File(known)), indent=1) + b"\n"


def read_reference(content: bytes) -> Reference | None:
    """What the file says; None where it makes no sense or names no feature."""
    try:
        file = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError:
        return None
    if not file.features:
        return None
    return Reference({name: Histogram(one.edges, one.shares) for name, one in file.features.items()}, _SOURCE)
