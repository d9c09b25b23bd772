"""Pieces of the page."""

from __future__ import annotations

from html import escape


def section(title: str, text: str, *content: str) -> str:
    """A heading, a paragraph where there is one, and content that is HTML already."""
    return (
        f"<section><h2>{escape(title)}</h2>"
        + (f"<p>{escape(text)}</p>" if text else "")
        + "".join(content)
        + "</section>"
    )


def figure(svg: str, caption: str) -> str:
    """A drawing and what is to be seen on it."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"
