"""``python -m tests.simulation SEEDS [FIRST]``: many seeds, with a progress bar; the first that fails is named."""

from __future__ import annotations

import sys
import time

from rich.progress import track

from tests.simulation.world import World


def main(seeds: int, first: int = 0) -> int:
    """Live through seeds; the exit code is 1 when one failed."""
    began, failed = time.monotonic(), []
    for seed in track(range(first, first + seeds), "Seeds"):
        try:
            World(seed).run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the seed is what one needs
            failed.append(seed)
            print(f"Seed {seed}: {type(error).__name__}: {error}", file=sys.stderr)  # noqa: T201
    minutes = (time.monotonic() - began) / 60
    print(f"{seeds} seeds, {len(failed)} with a violation, {seeds / minutes:.0f} a minute: {failed[:20]}")  # noqa: T201
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
