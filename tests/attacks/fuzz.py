"""Requests that nobody would think of: those of the list, damaged by dice.

``python -m tests.attacks.fuzz URL 1000000 [SEED]`` sends so many, the seed and the ones after it, from a process a core
with many connections each; a run that was broken off goes on with the seed that it printed last. Without a URL it
attacks a service of its own.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.attacks.cases import FILES, cases, honest
from tests.attacks.flood import Exchange, Flood
from tests.attacks.own import target
from tests.attacks.runner import LARGEST_REFUSAL, Run

_LONGEST = 6_000
_PIECES = (
    b"\r\n", b"\n", b"\r", b"\0", b"\x7f", b"\xff", b"\xef\xbb\xbf", b":", b" ", b"\t", b'"', b"{", b"}", b"[", b"]",
    b"\\u0000", b"\\ud800", b"1e999", b"-1", b"NaN", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Host: evil.com\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b"Expect: 100-continue\r\n", b"0\r\n\r\n", b"%00", b"/../", b"HTTP/2.0",
    b"Origin: null\r\n", b"Authorization: Bearer x\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
)  # fmt: skip
_FAILED, _REFUSED = 500, 400
_CHUNK = 500
_BODY = b"\r\n\r\n"
_IN_BODY, _IN_VALUES = 0.25, 0.25
_VALUE = re.compile(rb'[:\[,]\s*("(?:[^"\\]|\\.)*"|[-+.\w]+)')
_ODD = (
    b"null", b"true", b"0", b"-0", b"-1", b"0.001", b"0.01", b"1e1", b"1e308", b"1E+400", b"-1e-400", b"9" * 400,
    b"999999.999", b"1000000.00", b"1000000.01", b"9007199254740993", b"18446744073709551616", b"0.1e1", b'""', b'" "',
    b'"\\u0000"', b'"\\ud83d"', b'"\\ud83d\\ude00"', '"\u202e"'.encode(), '"\u0661\u0662"'.encode(), b'"a@b"', b'"%00"',
    '"e\u0301"'.encode(), '"\ufeff"'.encode(), '"\u2028"'.encode(), b'"' + b"x" * 300 + b'"', b"[]", b"{}", b"[[]]",
    b'{"a": 1}', b'"UID-NOBODY"', b'"9876543210"', b'"+919876543210"', b'"shop@okbank"', b'"NaN"', b'"1"', b"NaN",
    b'"fraud"', b"[" * 40 + b"]" * 40, b'"a", "amount": 5', b"5, 5", b'"\\n"', b'"../../etc/passwd"',
)  # fmt: skip
_HONEST = 40
_AT_ONCE = 24
_HEAD = re.compile(rb"HTTP/1\.1 (\d{3})[^\r\n]*\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_BODILESS = frozenset({100, 101, 204, 304})


@dataclass(slots=True)
class Told:
    """What came of some requests.

    Attributes:
        requests: how many were sent.
        statuses: how often each was answered; 0 is a connection that ended without an answer.
        faults: what was wrong, with the number that damaged the request.
    """

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Told) -> None:
        """Take what came of further ones."""
        self.requests += other.requests
        self.statuses += other.statuses
        self.faults += other.faults

    def __str__(self) -> str:
        statuses = ", ".join(f"{status or 'cut off'}: {number:,}" for status, number in sorted(self.statuses.items()))
        return f"{self.requests:,} requests, {len(self.faults)} faults. Answers: {statuses}."


def damaged(dice: random.Random, whole: bytes, others: Sequence[bytes]) -> bytes:
    """A request with one to six faults; every second time in its body alone or in its values, with the right length."""
    head, between, body = whole.partition(_BODY)
    where = dice.random()
    if not body or where > _IN_BODY + _IN_VALUES:
        return _broken(dice, whole, others)
    body = _broken(dice, body, others) if where < _IN_BODY else _odd(dice, body)
    return _LENGTH.sub(b"\r\nContent-Length: %d\r\n" % len(body), head + between, 1) + body


def _odd(dice: random.Random, body: bytes) -> bytes:
    """A body that is JSON as before, with one to three odd values in it."""
    for _ in range(dice.randint(1, 3)):
        found = list(_VALUE.finditer(body))
        if found:
            start, end = dice.choice(found).span(1)
            body = body[:start] + dice.choice(_ODD) + body[end:]
    return body


def _broken(dice: random.Random, whole: bytes, others: Sequence[bytes]) -> bytes:
    data = bytearray(whole)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(6):
            case 0 if at < len(data):
                data[at] = dice.randrange(256)
            case 1:
                del data[at : at + dice.randint(1, 20)]
            case 2:
                data[at:at] = dice.choice(_PIECES)
            case 3:
                data[at:at] = data[at : at + dice.randint(1, 200)]
            case 4:
                other = dice.choice(others)
                data[at:] = other[dice.randrange(len(other) + 1) :]
            case _:
                data[at:at] = dice.randbytes(dice.randint(1, 8))
    return bytes(data[:_LONGEST])


def seeds_of(run: Run) -> list[bytes]:
    """Whole requests to begin with."""
    run.known["refresh"] = run.known["spare_refresh"]  # a refresh token that comes again ends its sign-in
    plain = [run.filled(case) for case in honest() for _ in range(_HONEST)]
    found = [*plain, *(run.filled(case) for file in FILES for case in cases(file))]
    return [sent for sent in found if 0 < len(sent) <= _LONGEST and b"/logout" not in sent]


def answers(received: bytes, *, heads: bool) -> Iterator[tuple[int, int]]:
    """Status and bytes of the body of each answer in what a server said.

    Args:
        received: everything.
        heads: whether a HEAD may be among the requests, whose answer has a length and no body.

    Raises:
        ValueError: an answer is none.
    """
    at = 0
    while at < len(received):
        first = _HEAD.match(received, at)
        end = received.find(b"\r\n\r\n", at)
        if first is None or end < 0:
            raise ValueError("an answer that is none")
        status, length = int(first[1]), _LENGTH.search(received, at, end + 4)
        at = end + 4
        if status in _BODILESS:
            yield status, 0
            continue
        if length is None:
            raise ValueError("an answer without a length")
        if heads and received.startswith(b"HTTP/1.1", at):
            yield status, 0
            continue
        size = int(length[1])
        if at + size > len(received) and not (heads and at == len(received)):
            raise ValueError("an answer that was cut off")
        yield status, size
        at += size


def judged(one: Exchange) -> tuple[list[int], list[str]]:
    """The statuses that a request was answered with, and what is wrong with the answers."""
    if one.lasted:
        return [], ["no answer and no end"]
    statuses: list[int] = []
    found = []
    try:
        for status, size in answers(bytes(one.received), heads=b"HEAD" in one.data):
            statuses.append(status)
            if status >= _FAILED or (status >= _REFUSED and size > LARGEST_REFUSAL):
                found.append(f"{status}, {size} bytes")
    except ValueError as error:
        found.append(str(error))
    return statuses, found


def some(address: tuple[str, int], whole: Sequence[bytes], count: int, first: int) -> Told:
    """Send so many requests, the numbers from the first on."""

    def requests() -> Iterator[tuple[int, bytes]]:
        for number in range(first, first + count):
            dice = random.Random(number)  # noqa: S311 - to be drawn again
            yield number, damaged(dice, dice.choice(whole), whole)

    told = Told()
    for one in Flood(address, _AT_ONCE).exchange(requests()):
        statuses, faults = judged(one)
        told.requests += 1
        told.statuses.update(statuses or [0])
        told.faults += [f"{one.number}: {fault}: {one.data[:120]!r}" for fault in faults]
    return told


def fuzz(run: Run, count: int, seed: int, processes: int = 1, tell: Callable[[Told], None] = lambda _: None) -> Told:
    """Send damaged requests.

    Args:
        run: one that has been prepared.
        count: how many requests.
        seed: the number of the first; the others follow.
        processes: how many send.
        tell: hears of what is done so far; all numbers up to that are done.
    """
    whole, told = seeds_of(run), Told()
    chunks = [(min(_CHUNK, seed + count - first), first) for first in range(seed, seed + count, _CHUNK)]
    work = partial(some, run.address, whole)
    if processes == 1:
        for chunk in chunks:
            told.add(work(*chunk))
            tell(told)
        return told
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for done in pool.imap(partial(_spread, work), chunks):
            told.add(done)
            tell(told)
    return told


def _spread(work: Callable[[int, int], Told], chunk: tuple[int, int]) -> Told:
    return work(*chunk)


def main(url: str = "", count: str = "1000000", seed: str = "1") -> int:
    """1 if anything was wrong."""
    wanted, first = int(count), int(seed)
    columns = (
        TextColumn("Attacking"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )  # fmt: skip
    with target(url) as attacked, Progress(*columns, console=Console(stderr=True)) as bar:
        run = Run(attacked.address, first_phone=6_000_000_000 + int(time.time()) % 90_000 * 10_000)
        run.prepare()
        task = bar.add_task("", total=wanted, said="")

        def tell(told: Told) -> None:
            said = f"{len(told.faults)} faults, seed {first + told.requests}"
            bar.update(task, completed=told.requests, said=said)

        began = time.monotonic()
        told = fuzz(run, wanted, first, max(os.cpu_count() or 1, 1), tell)
        seconds = time.monotonic() - began
        harm = attacked.harm()
    sys.stdout.write("".join(f"{fault}\n" for fault in (*told.faults, *harm)))
    whole = "" if harm else " The service is ready, and no process of it has ended." if not url else " It is ready."
    sys.stdout.write(f"{told}{whole} {seconds:.0f} s, {told.requests / seconds:,.0f} a second.\n")
    return min(len(told.faults) + len(harm), 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
