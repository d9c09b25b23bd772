"""Requests that nobody would think of: those of the list, damaged by dice.

``python -m tests.attacks.fuzz http://127.0.0.1:8000 1000000 [SEED]`` sends so many, the seed and the ones after it; a
run that was broken off goes on with the seed that it printed last.
"""

from __future__ import annotations

import random
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from tests.attacks.cases import FILES, cases, filled
from tests.attacks.runner import LARGEST_REFUSAL, Run
from tests.attacks.wire import Connection

_LONGEST = 6_000
_PIECES = (
    b"\r\n", b"\n", b"\r", b"\0", b"\x7f", b"\xff", b"\xef\xbb\xbf", b":", b" ", b"\t", b'"', b"{", b"}", b"[", b"]",
    b"\\u0000", b"\\ud800", b"1e999", b"-1", b"NaN", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Host: evil.com\r\n",
    b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b"Expect: 100-continue\r\n", b"0\r\n\r\n", b"%00", b"/../", b"HTTP/2.0",
    b"Origin: null\r\n", b"Authorization: Bearer x\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
)  # fmt: skip
_FAILED, _REFUSED = 500, 400


def damaged(dice: random.Random, whole: bytes, others: Sequence[bytes]) -> bytes:
    """A request with one to six faults."""
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
    known = {**run.known, "phone": "9123456780", "length": "40"}
    found = [filled(case.sent, known) for file in FILES for case in cases(file)]
    return [sent for sent in found if 0 < len(sent) <= _LONGEST]


def send(address: tuple[str, int], data: bytes) -> list[str]:
    """What is wrong with the answers to these bytes."""
    connection = Connection(address)
    found = []
    try:
        connection.send(data)
        with suppress(OSError):  # the server was faster
            connection.opened.shutdown(socket.SHUT_WR)
        while (answer := connection.answer("HEAD" if data.startswith(b"HEAD") else "")) is not None:
            if answer.status >= _FAILED or (answer.status >= _REFUSED and len(answer.body) > LARGEST_REFUSAL):
                found.append(f"{answer.told}, {len(answer.body)} bytes")
    except (ValueError, KeyError, IndexError):
        if b"HEAD " not in data:  # what answers a HEAD further on has no body, and is read as if it had
            found.append("an answer that is none")
    except TimeoutError:
        found.append("no answer and no end")
    finally:
        connection.close()
    return found


def fuzz(run: Run, count: int, seed: int, *, show: bool = False) -> list[str]:
    """What was wrong, with the number that damaged the request.

    Args:
        run: one that has been prepared.
        count: how many requests.
        seed: the number of the first.
        show: whether progress is written to stderr.
    """
    whole = seeds_of(run)
    faults = []
    began = time.monotonic()
    for number in range(seed, seed + count):
        dice = random.Random(number)  # noqa: S311 - to be drawn again
        data = damaged(dice, dice.choice(whole), whole)
        faults += [f"{number}: {fault}: {data[:120]!r}" for fault in send(run.address, data)]
        done = number - seed + 1
        if show and (done % 1_000 == 0 or done == count):
            left = (time.monotonic() - began) / done * (count - done)
            sys.stderr.write(
                f"\r\033[K{done}/{count}, {len(faults)} faults, {left / 60:.0f} min left, seed {number + 1}"
            )
    return faults


def main(url: str, count: str = "1000000", seed: str = "1") -> int:
    """1 if anything was wrong."""
    place = urlsplit(url)
    run = Run((place.hostname or "", place.port or 80), first_phone=6_000_000_000 + int(time.time()) % 90_000 * 10_000)
    run.prepare()
    faults = fuzz(run, int(count), int(seed), show=True)
    sys.stdout.write("\n" + "".join(f"{fault}\n" for fault in faults) + f"{count} requests, {len(faults)} faults.\n")
    return min(len(faults), 1)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
