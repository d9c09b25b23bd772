"""Logs: one canonical line a request, JSON for machines, colours for a terminal; no personal data in either."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec
import structlog
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import ExceptionRenderer, JSONRenderer
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import FilteringBoundLogger, Processor

from upi_risk.bootstrap.log_writer import LogWriter, WriterHandler
from upi_risk.domain.transaction import Transaction

LogFormat = Literal["auto", "json", "console"]

MOST_FRAMES: Final = 12

TellRequests = Callable[[Sequence[Mapping[str, object]]], None]
"""Writes a line for each request, given what is known of it."""


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


@dataclass(frozen=True, slots=True)
class Logs:
    """Where log lines go.

    Attributes:
        writer: writes them; to be flushed at the end.
        requests: writes the lines of requests that were answered together, each of what is known of one.
    """

    writer: LogWriter
    requests: TellRequests


def configure(level: str, log_format: LogFormat) -> Logs:
    """Set up structlog, and hand the standard library's loggers over to it.

    Args:
        level: the least severity that is written: ``debug``, ``info``, ``warning`` or ``error``.
        log_format: ``auto`` is console on a terminal and JSON elsewhere.
    """
    writer = LogWriter(sys.stderr)
    console = sys.stderr.isatty() if log_format == "auto" else log_format == "console"
    renderer: Processor = ConsoleRenderer(exception_formatter=plain_traceback) if console else JSONRenderer()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        _STAMP,
        structlog.processors.StackInfoRenderer(),
    ]
    if not console:
        shared.append(ExceptionRenderer(ExceptionDictTransformer(show_locals=False)))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = WriterHandler(writer)
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
    return Logs(writer, _by_structlog(writer, level, renderer) if console else _by_the_dozen(writer, level))


def _by_structlog(writer: LogWriter, level: str, renderer: Processor) -> TellRequests:
    """Lines of requests, for a terminal."""
    logger: FilteringBoundLogger = structlog.wrap_logger(
        writer,
        processors=[structlog.processors.add_log_level, _STAMP, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )

    def tell(requests: Sequence[Mapping[str, object]]) -> None:
        for known in requests:
            logger.info(_REQUEST, **known)

    return tell


def _by_the_dozen(writer: LogWriter, level: str) -> TellRequests:
    """Lines of requests in JSON, thousands a second: what structlog would write, but what they share is made once."""
    heard = logging.getLevelNamesMapping()[level.upper()] <= logging.INFO

    def tell(requests: Sequence[Mapping[str, object]]) -> None:
        if heard:
            shared = _STAMP(None, "info", {"event": _REQUEST, "level": "info"})
            writer.put_all([_ENCODER.encode({**known, **shared}).decode() for known in requests])

    return tell


_REQUEST: Final = "request"
_STAMP: Final = structlog.processors.TimeStamper(fmt="iso", utc=True)
_ENCODER: Final = msgspec.json.Encoder(enc_hook=repr)


def decision_facts(decided: Transaction | None) -> dict[str, object]:
    """What the line of a check says of its decision; nothing of who pays whom, or how much."""
    if decided is None:
        return {}
    said = decided.assessment
    return {
        "decision": said.decision.value,
        "risk_level": said.level.value,
        "model_version": said.model_version,
        "policy_version": said.policy_version,
        "rules_version": decided.rules_version,
    }


def tell_model_failure(error: Exception | None) -> None:
    """Log that the model did not answer; the payment was decided by rules."""
    said = described(error) if error is not None else {"error": "no probability"}
    structlog.get_logger("upi_risk").error("model failed", **said)
