"""The reports that are shipped are whole."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from importlib.resources import files
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[3] / "artifacts" / "models"
REPORTS = sorted(MODELS.glob("*/report.html"))


def broken_chunks(png: bytes) -> list[bytes]:
    """The kinds of the chunks whose checksum is wrong."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place, wrong = 8, []
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        kind, content = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", png[place + 8 + length : place + 12 + length])
        if zlib.crc32(kind + content) != checksum:
            wrong.append(kind)
        place += 12 + length
    return wrong


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.parent.name)
def test_every_picture_in_a_shipped_report_is_intact_and_it_needs_nothing_else(report: Path) -> None:
    page = report.read_text(encoding="utf-8")
    pictures = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", page)
    assert pictures
    assert [broken_chunks(base64.b64decode(picture)) for picture in pictures] == [[]] * len(pictures)
    assert not re.search(r"(?:src|href)=\"https?:", page)


@pytest.mark.parametrize("report", REPORTS, ids=lambda path: path.parent.name)
def test_a_shipped_report_has_the_style_sheet_of_this_release(report: Path) -> None:
    style = files("upi_risk.adapters.matplotlib").joinpath("page.css").read_text(encoding="utf-8")
    assert f"<style>\n{style}</style>" in report.read_text(encoding="utf-8")


def test_a_picture_with_a_changed_byte_is_found() -> None:
    page = REPORTS[0].read_text(encoding="utf-8")
    found = re.search(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", page)
    assert found is not None
    png = bytearray(base64.b64decode(found[1]))
    png[len(png) // 2] ^= 1
    assert broken_chunks(bytes(png))
