"""Choosing among trained models: what is known of each, and which one is to serve."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from upi_risk.domain.model import ModelCard

_FEATURES: Final = "features"


@dataclass(frozen=True, slots=True)
class ModelSheet:
    """What a person wants to know of a model before it serves. Nothing in it is proven; loading proves.

    Attributes:
        card: what serving needs.
        split: the periods it was learned from and measured on, as printed beside every figure.
        figures: name and value of each figure on the test period, for amounts as they are.
        training: name and value of everything else that made it.
    """

    card: ModelCard
    split: str = ""
    figures: tuple[tuple[str, float], ...] = ()
    training: tuple[tuple[str, str], ...] = ()

    def lines(self) -> dict[str, str]:
        """Everything, name by name, to read or to compare."""
        card = self.card
        return {
            "version": card.version,
            "feature set": f"{card.feature_set} ({len(card.features)})",
            _FEATURES: ", ".join(card.features),
            "meaning of the features": card.fingerprint,
            "SHA-256 of the file": card.sha256,
            "meaning of the score": str(card.meaning),
            "canary rows": str(len(card.canaries)),
            "split": self.split,
            **{name: f"{value:.6g}" for name, value in self.figures},
            **dict(self.training),
        }

    def difference(self, other: ModelSheet) -> list[tuple[str, str, str]]:
        """What differs: a name, what it is here, what it is there; empty where one has no such line."""
        here, there = self.lines(), other.lines()
        names = [*here, *(name for name in there if name not in here)]
        lines = [(name, here.get(name, ""), there.get(name, "")) for name in names]
        return [
            (name, *_apart(one, another)) if name == _FEATURES else (name, one, another)
            for name, one, another in lines
            if one != another
        ]


def _apart(one: str, another: str) -> tuple[str, str]:
    """What only one of two lists has; both whole where they differ in their order alone."""
    here, there = one.split(", "), another.split(", ")
    only_here, only_there = [n for n in here if n not in there], [n for n in there if n not in here]
    if not only_here and not only_there:
        return one, another
    return ", ".join(only_here), ", ".join(only_there)


class ModelRegistry(Protocol):
    """Models by version, and the name of the one that is to serve. Readers of the name see the old one or the new."""

    def sheet(self, version: str) -> ModelSheet:
        """What is known of a model; nothing is loaded.

        Raises:
            ModelRejectedError: there is no such model, or its card cannot be read.
        """

    def previous(self) -> str | None:
        """The version that served before the present one; None if none did."""

    def promote(self, version: str) -> None:
        """Name the version to serve, and remember the one that served so far. The present one again changes nothing.

        Raises:
            ModelRejectedError: there is no such model, or the name cannot be written.
        """

    def roll_back(self) -> None:
        """Name the previous version again, and forget that the present one served.

        Raises:
            ModelRejectedError: there is no previous version, or the name cannot be written.
        """
