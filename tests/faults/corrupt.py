"""Folders of models that something happened to: none crashes who reads them, none serves other scores."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from upi_risk.adapters.catboost.opening import open_scorer
from upi_risk.adapters.files.model_store import FileModelStore
from upi_risk.adapters.files.seal import UNSEALED, sealed
from upi_risk.domain.errors import ModelRejectedError
from upi_risk.domain.ports import Scorer

MODEL, CARD = "fraud_classifier.cbm", "card.json"
_WORTH_BYTES, _DIGITS = 600, b"0123456789"
Fault = Callable[[Path, Path, random.Random], None]
"""Is done to a folder; the second one has another model."""


def _flipped(name: str) -> Fault:
    def do(folder: Path, _: Path, dice: random.Random) -> None:
        content = bytearray((folder / name).read_bytes())
        for _bit in range(dice.choice((1, 1, 20))):
            content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
        (folder / name).write_bytes(content)

    return do


def _cut(name: str) -> Fault:
    def do(folder: Path, _: Path, dice: random.Random) -> None:
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: dice.choice((0, dice.randrange(len(content))))])

    return do


def _swapped(name: str) -> Fault:
    def do(folder: Path, other: Path, _: random.Random) -> None:
        shutil.copy(other / name, folder / name)

    return do


def _gone(name: str) -> Fault:
    def do(folder: Path, _: Path, __: random.Random) -> None:
        (folder / name).unlink()

    return do


def _another_digit(folder: Path, _: Path, dice: random.Random) -> None:
    """Another digit in what the card says of a raw answer's worth: it reads as well, and its seal alone tells."""
    content = bytearray((folder / CARD).read_bytes())
    begin = content.index(dice.choice((b'"confidence"', b'"meaning"')))
    place = dice.choice([begin + n for n, byte in enumerate(content[begin : begin + _WORTH_BYTES]) if byte in _DIGITS])
    content[place] = dice.choice(_DIGITS.replace(content[place : place + 1], b""))
    (folder / CARD).write_bytes(content)


def _fitted(folder: Path, other: Path, dice: random.Random) -> None:
    """A damaged model whose card was made to fit: only a child that tries it can tell."""
    _flipped(MODEL)(folder, other, dice)
    card = json.loads((folder / CARD).read_bytes())
    card |= {"sha256": sha256((folder / MODEL).read_bytes()).hexdigest(), "seal": UNSEALED}
    (folder / CARD).write_bytes(sealed(json.dumps(card).encode()))


CHEAP: tuple[Fault, ...] = (
    _another_digit, *(kind(name) for kind in (_flipped, _cut, _swapped, _gone) for name in (MODEL, CARD)),
)  # fmt: skip
TRIED = 25
"""One in so many is a damaged model with a card that fits it, which takes a process to tell."""


def corrupt(models: Path, version: str, other: str, number: int, tell: Callable[[int], None]) -> Counter[str]:
    """Do so many things to copies of a model's folder and load each.

    Returns:
        How many were refused, loaded (``same``: nothing that counts was changed), or loaded and score ``otherwise``;
        and of the damaged models with a card that fits, ``fitted``, those that score their canary rows as they should:
        whoever can write a card can write any model, and these only must crash nobody.
    """
    dice, found = random.Random(7), Counter[str]()  # noqa: S311 - faults, repeated
    right = FileModelStore(models, open_scorer).load(version)
    vectors = [canary.vector for canary in right.card.canaries]
    wanted = _told(right, right)
    assert vectors
    for turn in range(number):
        folder = models / version
        kept = models.parent / "kept"
        shutil.copytree(folder, kept)
        fault = _fitted if turn % TRIED == TRIED - 1 else dice.choice(CHEAP)
        fault(folder, models / other, dice)
        try:
            loaded = FileModelStore(models, open_scorer).load(version)
        except ModelRejectedError:
            found["refused"] += 1
        else:
            same = "same" if _told(loaded, right) == wanted else "otherwise"
            found["fitted" if fault is _fitted else same] += 1
        shutil.rmtree(folder)
        kept.rename(folder)
        tell(turn + 1)
    return found


def _told(scorer: Scorer, right: Scorer) -> object:
    """All that a model makes of some vectors, on its scale."""
    scored = scorer.score([canary.vector for canary in right.card.canaries])
    return scored, scorer.card.meaning, scorer.card.confidence
