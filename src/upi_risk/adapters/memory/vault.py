"""A vault in memory: texts stay in it, and what is handed out tells nothing."""

from __future__ import annotations

from typing import Final

from upi_risk.domain.errors import UnreadableError

_SCHEME: Final = "m1."


class MemoryVault:
    """See :class:`upi_risk.domain.person.Vault`."""

    def __init__(self, name: str = "first", previous: MemoryVault | None = None) -> None:
        """``name`` stands for the key, ``previous`` for one that still opens."""
        self._mark = f"{_SCHEME}{name}."
        self._texts: dict[str, tuple[str, str]] = {}
        self._previous = previous

    @property
    def mark(self) -> str:
        """What everything that is sealed under the current key begins with."""
        return self._mark

    def seal(self, text: str, of: str) -> str:
        """A text, sealed."""
        sealed = f"{self._mark}{len(self._texts)}"
        self._texts[sealed] = (text, of)
        return sealed

    def open(self, sealed: str, of: str) -> str:
        """The text in clear."""
        if not sealed.startswith(_SCHEME):
            return sealed
        held = self._texts.get(sealed)
        if held is None and self._previous is not None:
            return self._previous.open(sealed, of)
        if held is None or held[1] != of:
            raise UnreadableError("Something is sealed that this vault did not seal.")
        return held[0]
