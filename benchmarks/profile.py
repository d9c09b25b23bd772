"""Microseconds a payment by stage, in one process, over a real PostgreSQL and Valkey.

By stage, batches run one after the other: every body decoded, every caller authenticated, the batch decided and
committed, every answer encoded, and the edge (its checks of the head, its headers, the log line) run around a route
that answers at once. In turn with them others go through the whole ASGI application without timers; what these take
beyond the stages is the route and the gathering into batches.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import io
import json
import random
from collections.abc import Sequence
from time import perf_counter, process_time
from types import SimpleNamespace
from typing import Any, Final, cast

import uvloop
from litestar import Litestar

from benchmarks import stacks
from benchmarks.stage_timer import Spent, timed
from upi_risk.bootstrap.asgi import create
from upi_risk.bootstrap.container import Container
from upi_risk.bootstrap.settings import Settings
from upi_risk.domain.errors import UpiRiskError
from upi_risk.domain.payment import Payment, upi_id
from upi_risk.domain.rate_limit import Ask
from upi_risk.entrypoints.http.amounts import paise
from upi_risk.entrypoints.http.answers import answer
from upi_risk.entrypoints.http.body import JsonBody
from upi_risk.entrypoints.http.schemas import CheckBody
from upi_risk.entrypoints.http.views import check_answer

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

Asked = tuple[bytes, str, str]
"""A body, its user's id and token."""


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
        found = {size: await _of_size(app, container, users, size, dice) for size in BATCHES}
    await container.check_batch().settle()
    await container.engine().dispose()
    await container.redis().aclose()
    return found


async def _of_size(
    app: Litestar, container: Container, users: Sequence[tuple[str, str]], size: int, dice: random.Random
) -> Spent:
    """Batches by stage and batches as a whole in turn, so that what else the machine does falls on both."""
    for _ in range(max(5, ROUNDS[size] // 5)):
        await _staged(app, container, Spent(), _payments(users, size, dice))
        await _whole(app, _payments(users, size, dice))
    spent, wall, cpu = Spent(), 0.0, 0.0
    for _ in range(ROUNDS[size]):
        batch, other = _payments(users, size, dice), _payments(users, size, dice)
        with timed(spent):
            await _staged(app, container, spent, batch)
        wall, cpu = wall - perf_counter(), cpu - process_time()
        await _whole(app, other)
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
        body = {"user_id": user_id, "receiver_upi": f"merchant{receiver}@upi", "amount": amount}
        made.append((json.dumps(body).encode(), user_id, token))
    return made


async def _staged(app: Litestar, container: Container, spent: Spent, batch: list[Asked]) -> None:
    read, authenticate, clock, identities = (
        JsonBody(CheckBody),
        container.authenticate(),
        container.clock(),
        container.identities(),
    )
    payments = []
    edge = _edge_alone(app)
    with spent.stage("edge"):
        for body, _, token in batch:
            await edge(_scope(body, token), _receiving(body), _nowhere)
    with spent.stage("decode"):
        for body, user_id, token in batch:
            scope = _scope(body, token)
            asked = await read(cast("Any", SimpleNamespace(scope=scope, receive=_receiving(body))))
            at = clock.now()
            receiver, amount = upi_id(asked.receiver_upi), paise(asked.amount)
            payments.append(Payment(identities.transaction_id(at), user_id, receiver, amount, at))
    with spent.stage("limit"):
        await container.limiter().admit([Ask("minute 127.0.0.1", 10**9, 60)] * len(batch))
    with spent.stage("authenticate"):
        await authenticate.many([token for _, _, token in batch])
    answers = await container.check_batch()(payments)
    with spent.stage("encode"):
        for transaction in answers:
            if isinstance(transaction, UpiRiskError):
                raise transaction
            answer(check_answer(transaction))


def _edge_alone(app: Litestar) -> Any:  # noqa: ANN401 - ASGI's
    """The application's edge, around a route that answers at once instead of its own."""
    edge = copy.copy(cast("Any", app.asgi_handler))
    edge._direct = {"/check-transaction": _at_once}  # noqa: SLF001 - nothing else needs it to be changed
    return edge


async def _at_once(_scope: Any, _receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI's
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b"{}", "more_body": False})


async def _nowhere(_message: Any) -> None:  # noqa: ANN401 - ASGI's
    """Send to nobody."""


async def _whole(app: Litestar, batch: list[Asked]) -> None:
    """All of a batch at once through the application."""
    await asyncio.gather(*(_request(app, body, token) for body, _, token in batch))


async def _request(app: Litestar, body: bytes, token: str) -> None:
    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's
        if message.get("status", 200) != 200:
            raise RuntimeError(f"The service answered {message['status']}.")

    await app(cast("Any", _scope(body, token)), cast("Any", _receiving(body)), send)


def _receiving(body: bytes) -> Any:  # noqa: ANN401 - ASGI's
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _scope(body: bytes, token: str) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/check-transaction",
        "raw_path": b"/check-transaction",
        "root_path": "",
        "query_string": b"",
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"content-type", b"application/json"),
            (b"authorization", f"Bearer {token}".encode()),
            (b"content-length", b"%d" % len(body)),
        ],
        "state": {},
    }


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
