"""``upi-risk replay``: a transactions file through the service, with figures at the end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import rich_click as click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from upi_risk.application.replay import Replay, Replayed
from upi_risk.application.snapshots import CacheStats
from upi_risk.application.verify_saved import VerifySaved
from upi_risk.domain.decision import Decision, Level
from upi_risk.domain.stream import FileForm, StreamedPayment
from upi_risk.entrypoints.cli.arguments import COLUMNS, COLUMNS_HELP, DURATION, ColumnNames, Duration
from upi_risk.entrypoints.cli.replay_http import HttpReplayed, replay_http
from upi_risk.entrypoints.cli.service_metrics import Counted, Service

MOST_DIFFERENCES = 5
CAVEAT = "Rows the model was trained on (see its card) say nothing of its worth; a slice begins without history."


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """Which rows of a file.

    Attributes:
        begin: the first instant; None for the file's own.
        end: the instant the stream ends before; None for the file's own.
        limit: rows at most; None for all.
        label_delay: from a payment to the report that it was fraud, where the file says nothing of that.
        form: how the file is taken.
    """

    begin: datetime | None
    end: datetime | None
    limit: int | None
    label_delay: Duration
    form: FileForm


@dataclass(frozen=True, slots=True)
class Stream:
    """Rows that can be sent.

    Attributes:
        rows: how many.
        left_out: rows of the file that are no payment (an amount of 0).
        payments: the rows in order of time.
        notes: how the file was taken, a sentence each.
    """

    rows: int
    left_out: int
    payments: Iterable[StreamedPayment]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayHouse:
    """What a replay inside this process works with."""

    replay: Replay
    verify: VerifySaved
    stats: CacheStats
    model_version: str


ReadStream = Callable[[Path, StreamOptions], Stream]
OpenHouse = Callable[[Path, bool], AbstractAsyncContextManager[ReplayHouse]]
"""Opens the house for a file; True removes what an earlier replay of it left."""


Quality = dict[str, str]

Rank = Callable[[list[bool], list[float]], tuple[float, float]]
"""The AUC and the average precision of scores, given labels of both kinds."""


def replay_command(read: ReadStream, open_house: OpenHouse, rank: Rank) -> click.Command:
    """The command, with what it needs from outside."""

    @click.command("replay")
    @click.argument("file", type=click.Path(exists=True, path_type=Path))
    @click.option("--limit", type=click.IntRange(min=1), help="Send this many rows at most.")
    @click.option("--from", "begin", type=click.DateTime(), help="Begin at this instant (UTC).")
    @click.option("--to", "end", type=click.DateTime(), help="End before this instant (UTC).")
    @click.option("--label-delay", type=DURATION, default="7d", show_default=True, help="From a fraud to its report.")
    @click.option("--columns", type=COLUMNS, default="", help=COLUMNS_HELP)
    @click.option("--strict-order", is_flag=True, help="Refuse rows that are not in order of time.")
    @click.option("--fresh", is_flag=True, help="Remove what an earlier replay of this file left in the database.")
    @click.option("--verify/--no-verify", default=True, help="Read everything back and compare.", show_default=True)
    @click.option("--http", "url", help="Send it to a running service, as the app would, in present time.")
    @click.option("--concurrency", type=click.IntRange(min=1), default=32, show_default=True, help="With --http.")
    @click.option("--metrics", "metrics", help="With --http: its /metrics, to tell what the cache held meanwhile.")
    def command(  # noqa: PLR0913, PLR0917 - one argument an option
        file: Path,
        limit: int | None,
        begin: datetime | None,
        end: datetime | None,
        label_delay: Duration,
        columns: ColumnNames,
        strict_order: bool,  # noqa: FBT001 - click calls it
        fresh: bool,  # noqa: FBT001 - click calls it
        verify: bool,  # noqa: FBT001 - click calls it
        url: str | None,
        concurrency: int,
        metrics: str | None,
    ) -> None:
        """Send a transactions FILE (Parquet, CSV or a folder) through the service and show how it did.

        Payers sign up at their first payment, every payment is checked, a payment to verify is confirmed, and
        frauds are reported after the label delay.
        """
        form = FileForm(columns, strict_order=strict_order)
        stream = read(file, StreamOptions(begin, end, limit, label_delay, form))
        for note in stream.notes:
            click.echo(f"Note: {note}", err=True)
        if url:
            asyncio.run(_over_http(stream, Service(url, metrics), concurrency, rank))
        else:
            asyncio.run(_inside(stream, open_house(file, fresh), rank, verify=verify))

    return command


async def _inside(stream: Stream, house: AbstractAsyncContextManager[ReplayHouse], rank: Rank, *, verify: bool) -> None:
    frauds: list[bool] = []
    async with house as tools:
        began = time.perf_counter()
        with _bar() as bar:
            task = bar.add_task("Replaying", total=stream.rows)
            done = await tools.replay(_noting(stream.payments, frauds), lambda rows: bar.advance(task, rows))
        seconds = time.perf_counter() - began
        differences: list[str] | None = None
        if verify:
            with _bar() as bar:
                task = bar.add_task("Reading back", total=len(done.answers))
                differences = await tools.verify(done.answers, lambda rows: bar.advance(task, rows))
        quality = _quality([answer.assessment.score for answer in done.answers], frauds, rank)
        _print_inside(tools, stream, done, quality, seconds, differences)
    if differences:
        raise click.ClickException(f"{len(differences)} rows are saved otherwise than answered.")


async def _over_http(stream: Stream, service: Service, concurrency: int, rank: Rank) -> None:
    frauds: list[bool] = []
    before = await service.counted()
    with _bar() as bar:
        task = bar.add_task("Sending", total=stream.rows)
        done = await replay_http(
            _noting(stream.payments, frauds), service.url, concurrency, lambda rows: bar.advance(task, rows)
        )
    quality = _quality(done.scores, frauds, rank)
    _print_http(stream, done, quality | _served(before, await service.counted()))


def _noting(payments: Iterable[StreamedPayment], frauds: list[bool]) -> Iterable[StreamedPayment]:
    for payment in payments:
        frauds.append(payment.is_fraud)
        yield payment


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True))


def _print_inside(  # noqa: PLR0913, PLR0917 - the figures of one table
    tools: ReplayHouse,
    stream: Stream,
    done: Replayed,
    quality: Quality,
    seconds: float,
    differences: list[str] | None,
) -> None:
    answers = [answer.assessment for answer in done.answers]
    table = _table(f"Replay, model {tools.model_version}")
    _rows_of(table, stream, len(answers))
    table.add_row("sign-ups / confirmations / reports", f"{done.sign_ups:,} / {done.confirmed:,} / {done.reports:,}")
    levels = Counter(answer.level for answer in answers)
    decisions = Counter(answer.decision for answer in answers)
    for level in Level:
        table.add_row(f"level {level}", _share(levels[level], len(answers)))
    for decision in Decision:
        table.add_row(f"decision {decision}", _share(decisions[decision], len(answers)))
    _add(table, quality)
    _add(table, _reads(tools.stats))
    table.add_row("rows per second", f"{len(answers) / seconds:,.0f}")
    if differences is not None:
        saved = "equal, row for row" if not differences else f"{len(differences):,} rows differ"
        table.add_row("answered and saved", saved)
    Console().print(table)
    for line in (differences or [])[:MOST_DIFFERENCES]:
        click.echo(line, err=True)


def _print_http(stream: Stream, done: HttpReplayed, quality: Quality) -> None:
    table = _table("Replay over HTTP")
    _rows_of(table, stream, len(done.scores))
    table.add_row("sign-ups / reports", f"{done.sign_ups:,} / {done.reports:,}")
    for decision in Decision:
        table.add_row(f"decision {decision}", _share(done.decisions[decision], len(done.scores)))
    _add(table, quality)
    for name, value in done.percentiles().items():
        table.add_row(f"latency {name}", f"{value:.1f} ms")
    table.add_row("rows per second", f"{len(done.scores) / done.seconds:,.0f}")
    Console().print(table)


def _table(title: str) -> Table:
    table = Table(title=title, caption=CAVEAT, show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    return table


def _rows_of(table: Table, stream: Stream, sent: int) -> None:
    table.add_row("rows", f"{sent:,}")
    if stream.left_out:
        table.add_row("left out (amount 0)", f"{stream.left_out:,}")


def _quality(scores: list[float], frauds: list[bool], rank: Rank) -> Quality:
    """Over the whole stream that was sent, whether or not the model saw parts of it in training."""
    count = sum(frauds)
    rows = {"frauds in the stream": _share(count, len(frauds))}
    if 0 < count < len(frauds):
        auc, average_precision = rank(frauds, scores)
        rows |= {"AUC of the scores given": f"{auc:.4f}", "average precision": f"{average_precision:.4f}"}
    return rows


def _served(before: Counted, after: Counted) -> Quality:
    """What the service's cache held between two looks; nothing where it was not looked."""
    if not after.lookups:
        return {}
    hits, misses = (after.hits - before.hits), (after.lookups - after.hits - before.lookups + before.hits)
    return _reads(CacheStats(hits, misses, reads=after.reads - before.reads))


def _reads(stats: CacheStats) -> Quality:
    """What the cache held, and what had to be read; without a cache, every payment would be read for."""
    looked_up = stats.hits + stats.misses
    return {
        "cache hit rate (payments)": f"{stats.hit_rate:.1%}",
        "payments read for": f"{_share(stats.misses, looked_up)}, {-stats.hit_rate:.1%} against no cache",
        **(
            {"of these, for the receiver alone": _share(stats.for_receivers, stats.misses)}
            if stats.for_receivers
            else {}
        ),
        "reading statements": f"{stats.reads:,}",
    }


def _add(table: Table, rows: Quality) -> None:
    for name, value in rows.items():
        table.add_row(name, value)


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / max(whole, 1):.2%})"
