"""Logs: one canonical line a request, JSON for machines, colours for a terminal; no personal data in either."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Final, Literal

import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import ExceptionRenderer, JSONRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

LogFormat = Literal["auto", "json", "console"]

MOST_FRAMES: Final = 12


def described(error: BaseException) -> dict[str, object]:
    """An exception for the log: what kind, because of what, and where; no message and no values.

    A driver's message may quote the values of a statement, and a variable may hold anything: phones, tokens, passwords.
    """
    kinds: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(kinds) < MOST_FRAMES:
        kinds.append(type(seen).__name__)
        seen = seen.__cause__ or seen.__context__
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": kinds[0], "because_of": kinds[1:], "where": where}


def configure(level: str, log_format: LogFormat) -> None:
    """Set up structlog, and hand the standard library's loggers over to it.

    Args:
        level: the least severity that is written: ``debug``, ``info``, ``warning`` or ``error``.
        log_format: ``auto`` is console on a terminal and JSON elsewhere.
    """
    console = sys.stderr.isatty() if log_format == "auto" else log_format == "console"
    renderer: Processor = ConsoleRenderer(exception_formatter=plain_traceback) if console else JSONRenderer()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if not console:
        shared.append(ExceptionRenderer(ExceptionDictTransformer(show_locals=False)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    logging.getLogger("uvicorn.access").disabled = True
    for chatty in ("uvicorn.error", "httpx"):
        logging.getLogger(chatty).setLevel("WARNING")
