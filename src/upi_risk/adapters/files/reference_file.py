"""``reference.json``: how features were spread in training, and the score on later payments.

It names the digest of the model file that it belongs to, and ends in a seal (docs/adr/0072).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from upi_risk.adapters.files.seal import UNSEALED, is_intact, sealed
from upi_risk.domain.drift import Drift, Histogram, Reference

_SOURCE = "the training period"


class _Spread(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    edges: tuple[float, ...]
    shares: tuple[float, ...]

    def histogram(self) -> Histogram:
        return Histogram(self.edges, self.shares)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    features: dict[str, _Spread]
    score: _Spread | None = None
    model_sha256: str | None = None
    seal: str | None = None


def write_reference(drift: Sequence[Drift], scores: Histogram | None, model_sha256: str) -> bytes:
    """The content of the file; features whose bins are not known are left out.

    Args:
        drift: of each feature.
        scores: how the score was spread on the payments that were measured on; None where that is not known.
        model_sha256: of the model file beside it.
    """
    known = {one.feature: _Spread(one.edges, one.before) for one in drift if one.before}
    file = _File(known, None if scores is None else _Spread(scores.edges, scores.shares), model_sha256, UNSEALED)
    return sealed(msgspec.json.format(msgspec.json.encode(file), indent=1) + b"\n")


def read_reference(content: bytes, model_sha256: str) -> Reference | None:
    """What the file says; None where it makes no sense, names no feature, was changed or is another model's.

    Files of before there were seals are taken as they are.
    """
    try:
        file = msgspec.json.decode(content, type=_File)
    except msgspec.DecodeError:
        return None
    if not file.features or file.model_sha256 not in {None, model_sha256}:
        return None
    if file.model_sha256 is not None and not is_intact(content):
        return None
    features = {name: spread.histogram() for name, spread in file.features.items()}
    return Reference(features, _SOURCE, None if file.score is None else file.score.histogram())
