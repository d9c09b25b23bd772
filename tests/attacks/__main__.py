"""``python -m tests.attacks http://127.0.0.1:8000``: the list against a service that runs, with its limits off."""

from __future__ import annotations

import sys
import time
from urllib.parse import urlsplit

from tests.attacks.cases import FILES, cases
from tests.attacks.runner import Run


def main(url: str, *files: str) -> int:
    """The number of faults found, which are printed."""
    place = urlsplit(url)
    run = Run(
        (place.hostname or "127.0.0.1", place.port or 80),
        first_phone=7_000_000_000 + int(time.time()) % 100_000 * 10_000,
    )
    run.prepare()
    attacks = [case for file in files or FILES for case in cases(file)]
    found = 0
    for number, case in enumerate(attacks, 1):
        for fault in run.faults(case):
            found += 1
            sys.stdout.write(f"{fault}\n")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{number}/{len(attacks)}")
    sys.stdout.write(f"{len(attacks)} attacks, {found} not answered as they must be.\n")
    return found


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 1))
