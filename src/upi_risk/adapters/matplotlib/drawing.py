"""One look for all figures, and figures as SVG for a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK: Final = "#22303c"
QUIET: Final = "#8a97a3"
GOOD: Final = "#2a6f97"
FRAUD: Final = "#c1442e"
FILL: Final = "#d7e6ef"

WIDE: Final = MappingProxyType({"width": 9.0, "height": 3.9})
"""The size of a figure that has the page's whole width."""

_LOOK: Final[dict[Any, Any]] = {
    "svg.fonttype": "none",  # text stays text: it can be read out, searched and set in the page's own face
    "font.family": "sans-serif",
    "font.size": 10.5,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6eaee",
    "grid.linewidth": 0.8,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}


def drawn(name: str, alt: str, draw: Callable[[Axes], None], *, width: float = 5.2, height: float = 3.7) -> str:
    """A figure as an ``<svg>`` element.

    Args:
        name: tells its parts from those of the page's other figures.
        alt: what is to be seen, for those who do not see it.
        draw: fills the axes.
        width: in inches; the page scales it.
        height: in inches.
    """
    with mpl.rc_context({**_LOOK, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        content = io.StringIO()
        figure.savefig(content, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = content.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, count=1, flags=re.DOTALL)
    svg = re.sub(r'(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)  # ids are of the whole page
    for size in ("width", "height"):  # the view box is enough: the page decides
        svg = re.sub(rf'(<svg[^>]*?) {size}="[^"]*"', r"\1", svg, count=1)
    return svg.replace("<svg", f'<svg role="img" aria-label="{alt}"', 1)
