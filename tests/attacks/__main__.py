"""``python -m tests.attacks [URL]``: the list against a service that runs with its limits off, or one of its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from tests.attacks.cases import FILES, cases
from tests.attacks.own import Target, target
from tests.attacks.runner import Run


def main(url: str = "", *files: str) -> int:
    """The number of faults found, which are printed."""
    with target(url) as attacked:
        return _attack(attacked, files)


def _attack(attacked: Target, files: Sequence[str]) -> int:
    run = Run(attacked.address, first_phone=7_000_000_000 + int(time.time()) % 100_000 * 10_000)
    run.prepare()
    attacks = [case for file in files or FILES for case in cases(file)]
    found = 0
    for number, case in enumerate(attacks, 1):
        for fault in run.faults(case):
            found += 1
            sys.stdout.write(f"{fault}\n")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{number}/{len(attacks)}")
    for harm in attacked.harm():
        found += 1
        sys.stdout.write(f"{harm}\n")
    sys.stdout.write(f"{len(attacks)} attacks, {found} not answered as they must be.\n")
    return found


if __name__ == "__main__":
    sys.exit(min(main(*sys.argv[1:]), 1))
