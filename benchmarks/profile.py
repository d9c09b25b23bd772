"""Microseconds a payment by stage, in one process, over a real PostgreSQL and Valkey.

By stage, batches run one after the other: requests go through the protocol that serves and its checks, and are answered
at once (the edge, but for decoding, encoding and the log line), every caller is authenticated, the batch decided and
committed, and its copies are in the cache before the next one begins, so that no stage is billed for them. In turn with
them others go through the whole service without timers; what these take beyond the stages is the gathering into
batches. Others again go through a service whose doors are open; what those take less is the cost of limit and
authentication. Sockets are left out.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import uvloop
from litestar import Litestar

from benchmarks import stacks
from benchmarks.doors import Believed, Gathered
from benchmarks.stage_timer import Spent, cost_of_timing, timed, wrapped
from benchmarks.wire import Wire
from upi_risk.application.check_for_callers import Asked as Question
from upi_risk.application.check_for_callers import CheckForCallers
from upi_risk.application.coalesce import MOST_UNDER_WAY, Coalesce, Waiter
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.measuring import MeasuredBatches
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.payment import Payment, upi_id
from upi_risk.domain.rate_limit import Ask
from upi_risk.domain.transaction import Transaction
from upi_risk.entrypoints.http.express import EXPRESS, Exchange, Express

MODELS: Final = ("v2.0", "v1.0")
BATCHES: Final = (1, 100)
USERS: Final = 300
ROUNDS: Final = {1: 400, 100: 20}
"""Batches measured, by their size."""

WHOLE: Final = "the rest of HTTP"
GUARDS: Final = ("edge", "limit", "authenticate")
"""Stages that keep out who does not belong."""

OPEN: Final = "open doors"
"""The whole service, but nobody is counted and every token believed; no stage of it."""

STAGES: Final = (
    "edge",
    "decode",
    "limit",
    "authenticate",
    "look near",
    "load",
    "features",
    "predict",
    "factors",
    "policy",
    "rules",
    "fold",
    "commit",
    "cache write",
    "batch",
    "encode",
    "log",
    WHOLE,
)

Asked = tuple[bytes, str]
"""A request, and its user's id."""

_HEAD: Final = (
    "POST /check-transaction HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n"
)


def profiled() -> str:
    """A table: for each model and size of batch, microseconds a payment of the clock and of this process's CPU.

    Below it, the share of the CPU that keeps out who does not belong.
    """
    columns: list[tuple[str, Spent, int]] = []
    with contextlib.redirect_stderr(io.StringIO()), stacks.pair() as pair:  # the log's lines are written, not read
        for model in MODELS:
            root = stacks.ROOT / "artifacts"
            settings = Settings(
                database_url=pair.database_url,
                redis_url=pair.redis_url,
                model_version=model,
                artifacts_dir=str(root),
                rate_limit_per_minute=10**9,  # the limiter stays in the path
                request_deadline_ms=120_000,  # whoever measures on a loaded machine waits rather than fails
                admission_wait_ms=120_000,
                pool_timeout_ms=120_000,
                statement_timeout_ms=120_000,
                lock_timeout_ms=120_000,
                redis_timeout_ms=20_000,
            )
            found = uvloop.run(_measure(settings, MODELS.index(model)))
            columns += [(f"{model}, batch of {size}", spent, size * ROUNDS[size]) for size, spent in found.items()]
    return f"{_table(columns)}\n\n{_shares(columns)}"


async def _measure(settings: Settings, seed: int) -> dict[int, Spent]:
    app, container = create(settings), Container(settings=settings)
    dice = random.Random(seed)  # noqa: S311 - payments, no secrets
    users = [await _sign_up(container, 6_000_000_000 + seed * USERS + number) for number in range(USERS)]
    async with app.lifespan():
        bench = Bench.of(app, container, settings, {token: user_id for user_id, token in users})
        bench.alone.answer = await _an_answer(container, users[0][0])
        found = {size: await _of_size(bench, users, size, dice) for size in BATCHES}
        bench.close()
    await container.check_batch().settle()
    await container.engine().dispose()
    await container.redis().aclose()
    return found


async def _of_size(bench: Bench, users: Sequence[tuple[str, str]], size: int, dice: random.Random) -> Spent:
    """Batches by stage, as a whole and with open doors in turn, so that what else the machine does falls on all."""
    spent = Spent(own=cost_of_timing())
    for number in range(-max(5, ROUNDS[size] // 5), ROUNDS[size]):
        if number == 0:
            spent = Spent(own=spent.own)
        with timed(spent):
            await _staged(bench, spent, _payments(users, size, dice))
        ways = (WHOLE, bench.served), (OPEN, bench.open)
        for name, wire in ways[:: 1 if number % 2 else -1]:
            batch = _payments(users, size, dice)
            with spent.stage(name):
                await _whole(bench, wire, batch)
    for taken in (spent.wall, spent.cpu):
        taken[WHOLE] -= sum(taken[stage] for stage in STAGES if stage != WHOLE)
    return spent


async def _sign_up(container: Container, phone: int) -> tuple[str, str]:
    user, tokens = await container.sign_up()("Asha Rao", str(phone))
    return user.user_id, tokens.access


def _payments(users: Sequence[tuple[str, str]], size: int, dice: random.Random) -> list[Asked]:
    """Users and receivers by Zipf's law, as under load."""
    made = []
    for user_id, token in dice.choices(users, [1 / rank for rank in range(1, len(users) + 1)], k=size):
        receiver = min(int(dice.paretovariate(0.7)), 2000)
        amount = max(round(min(dice.lognormvariate(6.8, 1.3), 900_000), 2), 1.0)
        body = json.dumps({"user_id": user_id, "receiver_upi": f"merchant{receiver}@upi", "amount": amount})
        made.append((_HEAD.format(token=token, length=len(body)).encode() + body.encode(), user_id))
    return made


async def _an_answer(container: Container, user_id: str) -> Transaction:
    """To begin with."""
    at = container.clock().now()
    name = container.identities().transaction_id(at)
    (answer,) = await container.check_batch()([Payment(name, user_id, upi_id("merchant1@upi"), 100_00, at)])
    if not isinstance(answer, Transaction):
        raise answer
    return answer


async def _whole(bench: Bench, wire: Wire, batch: list[Asked]) -> None:
    """All of a batch at once through the service, to the copies in the cache."""
    await wire.answered([request for request, _ in batch])
    await bench.container.check_batch().settle()


async def _staged(bench: Bench, spent: Spent, batch: list[Asked]) -> None:
    container, express = bench.container, bench.alone
    with spent.stage("edge"), express.timed(spent):
        bench.edge.ask([request for request, _ in batch], lambda: None)
    with spent.stage("limit"):
        await container.limiter().admit([Ask("minute 127.0.0.1", 10**9, 60)] * len(batch))
    with spent.stage("authenticate"):
        await container.authenticate().many([question.token for question in express.taken])
    payments = [question.payment for question in express.taken]
    answers = await container.check_batch()(payments)
    if not isinstance(answers[0], Transaction):
        raise answers[0]
    await container.check_batch().settle()
    express.answer = answers[0]


class _Alone(Express):
    """Takes plain checks as the service does, and answers them at once with an answer from before."""

    def __init__(self, served: Express) -> None:
        self.__dict__.update(served.__dict__)
        self._submit = self._answer
        self._read = self._decode, self._payment
        self._spent = Spent()
        self.taken: list[Question] = []
        self.answer: Transaction | None = None

    @contextlib.contextmanager
    def timed(self, spent: Spent) -> Iterator[None]:
        """Take checks, with what is decoded, encoded and logged as stages of their own."""
        self.taken, self._spent = [], spent
        decode, payment = self._read
        log_request = self.log_request
        self.log_request = wrapped(spent, "log", log_request)
        self._decode = wrapped(spent, "decode", decode)
        self._payment = wrapped(spent, "decode", payment)  # type: ignore[assignment]  # called as it is
        yield
        self._decode, self._payment, self.log_request = decode, payment, log_request

    def told(self, exchange: Exchange, transaction: Transaction, *, replayed: bool) -> bytes:
        """A whole answer."""
        with self._spent.stage("encode"):
            return super().told(exchange, transaction, replayed=replayed)

    def _answer(self, asked: Question, waiter: Waiter[Transaction]) -> None:
        self.taken.append(asked)
        if self.answer is not None:
            waiter.set_result(self.answer)


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured.

    Attributes:
        container: the parts.
        served: connections to the whole service.
        open: connections to the whole service with open doors.
        edge: connections that end before the batch.
        alone: what ends them there.
    """

    container: Container
    served: Wire
    open: Wire
    edge: Wire
    alone: _Alone

    @classmethod
    def of(cls, app: Litestar, container: Container, settings: Settings, users: Mapping[str, str]) -> Bench:
        """The bench of an application, whose users are told by their tokens."""
        express = app.state[EXPRESS]
        doors = CheckForCallers(Believed(users), container.score_behind())
        batches = MeasuredBatches(doors, container.meter())
        ajar = Coalesce[Question, Transaction](batches, container.patience_of_checks(), MOST_UNDER_WAY)
        guarded, unguarded = Gathered(express, container.check()), Gathered(express, ajar)
        alone = _Alone(express)
        served, unlocked, edge = (Wire(app, settings, way) for way in (guarded, unguarded, alone))
        return cls(container, served, unlocked, edge, alone)

    def close(self) -> None:
        """End the connections."""
        for wire in (self.served, self.open, self.edge):
            wire.close()


def _table(columns: list[tuple[str, Spent, int]]) -> str:
    head = ["µs a payment: clock (CPU of this process)", *(name for name, _, _ in columns)]
    rows = [head, ["---", *("---:" for _ in columns)]]
    rows += [[stage, *(_cell(s.wall[stage], s.cpu[stage], count) for _, s, count in columns)] for stage in STAGES]
    rows.append(["**all**", *(_cell(_all(s.wall), _all(s.cpu), count) for _, s, count in columns)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _shares(columns: Sequence[tuple[str, Spent, int]]) -> str:
    """What guarding adds to a check: the edge, and what the service takes less with open doors.

    Limit and token are asked for in the round trip that the cache takes anyhow. Beside it, what the three take when
    each is alone.
    """
    said = []
    for name, spent, count in columns:
        whole = _all(spent.cpu)
        apart = sum(spent.cpu[stage] for stage in GUARDS)
        added = spent.cpu["edge"] + whole - spent.cpu[OPEN]
        of = f"{added / count * 1e6:,.0f} of {whole / count * 1e6:,.0f} µs; apart {apart / whole:.0%}"
        said.append(f"{name} {added / whole:.0%} ({of})")
    return f"Authentication, limit and edge together, of a check's CPU: {', '.join(said)}."


def _all(taken: Mapping[str, float]) -> float:
    return sum(taken[stage] for stage in STAGES)


def _cell(wall: float, cpu: float, count: int) -> str:
    return f"{wall / count * 1e6:,.0f} ({cpu / count * 1e6:,.0f})"
