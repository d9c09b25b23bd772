"""Microseconds a payment by stage, in one process, over a real PostgreSQL and Valkey.

By stage, batches run one after the other: requests go through the protocol that serves, its checks and the log line,
and are answered at once (the edge, but for decoding and encoding), every caller is authenticated, the batch decided and
committed. In turn with them others go through the whole service without timers; what these take beyond the stages is
the gathering into batches. Sockets are left out.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Final

import uvloop
from litestar import Litestar

from benchmarks import stacks
from benchmarks.stage_timer import Spent, timed, wrapped
from benchmarks.wire import Wire
from upi_risk.application.check_for_callers import Asked as Question
from upi_risk.application.coalesce import Waiter
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.container import Container
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
                request_deadline_ms=20_000,  # whoever measures on a loaded machine waits rather than fails
                admission_wait_ms=20_000,
                pool_timeout_ms=20_000,
                statement_timeout_ms=20_000,
                lock_timeout_ms=20_000,
                redis_timeout_ms=2_000,
            )
            found = uvloop.run(_measure(settings, MODELS.index(model)))
            columns += [(f"{model}, batch of {size}", spent, size * ROUNDS[size]) for size, spent in found.items()]
    return f"{_table(columns)}\n\n{_shares(columns)}"


async def _measure(settings: Settings, seed: int) -> dict[int, Spent]:
    app, container = create(settings), Container(settings=settings)
    dice = random.Random(seed)  # noqa: S311 - payments, no secrets
    users = [await _sign_up(container, 6_000_000_000 + seed * USERS + number) for number in range(USERS)]
    async with app.lifespan():
        bench = Bench.of(app, container, settings)
        bench.alone.answer = await _an_answer(container, users[0][0])
        found = {size: await _of_size(bench, users, size, dice) for size in BATCHES}
        bench.served.close()
        bench.edge.close()
    await container.check_batch().settle()
    await container.engine().dispose()
    await container.redis().aclose()
    return found


async def _of_size(bench: Bench, users: Sequence[tuple[str, str]], size: int, dice: random.Random) -> Spent:
    """Batches by stage and batches as a whole in turn, so that what else the machine does falls on both."""
    for _ in range(max(5, ROUNDS[size] // 5)):
        await _staged(bench, Spent(), _payments(users, size, dice))
        await _whole(bench, _payments(users, size, dice))
    spent, wall, cpu = Spent(), 0.0, 0.0
    for _ in range(ROUNDS[size]):
        batch, other = _payments(users, size, dice), _payments(users, size, dice)
        with timed(spent):
            await _staged(bench, spent, batch)
        wall, cpu = wall - perf_counter(), cpu - process_time()
        await _whole(bench, other)
        wall, cpu = wall + perf_counter(), cpu + process_time()
    spent.wall[WHOLE] = wall - sum(spent.wall.values())
    spent.cpu[WHOLE] = cpu - sum(spent.cpu.values())
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


async def _whole(bench: Bench, batch: list[Asked]) -> None:
    """All of a batch at once through the service."""
    await bench.served.answered([request for request, _ in batch])


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
        """Take checks, with what is decoded and encoded as stages of their own."""
        self.taken, self._spent = [], spent
        decode, payment = self._read
        self._decode = wrapped(spent, "decode", decode)
        self._payment = wrapped(spent, "decode", payment)  # type: ignore[assignment]  # called as it is
        yield
        self._decode, self._payment = decode, payment

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
        edge: connections that end before the batch.
        alone: what ends them there.
    """

    container: Container
    served: Wire
    edge: Wire
    alone: _Alone

    @classmethod
    def of(cls, app: Litestar, container: Container, settings: Settings) -> Bench:
        """The bench of an application."""
        alone = _Alone(app.state[EXPRESS])
        return cls(container, Wire(app, settings), Wire(app, settings, alone), alone)


def _table(columns: list[tuple[str, Spent, int]]) -> str:
    head = ["µs a payment: clock (CPU of this process)", *(name for name, _, _ in columns)]
    rows = [head, ["---", *("---:" for _ in columns)]]
    rows += [[stage, *(_cell(s.wall[stage], s.cpu[stage], count) for _, s, count in columns)] for stage in STAGES]
    rows.append(["**all**", *(_cell(sum(s.wall.values()), sum(s.cpu.values()), count) for _, s, count in columns)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _shares(columns: Sequence[tuple[str, Spent, int]]) -> str:
    """What guarding adds to a check, with the route and the gathering, and what its parts take one after the other.

    The service asks for limit, token and cache in one round trip, which the rest of HTTP is less by.
    """
    said = []
    for name, spent, count in columns:
        apart, whole = sum(spent.cpu[stage] for stage in GUARDS), sum(spent.cpu.values())
        added = apart + spent.cpu[WHOLE]
        of = f"{added / count * 1e6:,.0f} of {whole / count * 1e6:,.0f} µs; apart {apart / whole:.0%}"
        said.append(f"{name} {added / whole:.0%} ({of})")
    return f"Authentication, limit and edge together, of a check's CPU: {', '.join(said)}."


def _cell(wall: float, cpu: float, count: int) -> str:
    return f"{wall / count * 1e6:,.0f} ({cpu / count * 1e6:,.0f})"
