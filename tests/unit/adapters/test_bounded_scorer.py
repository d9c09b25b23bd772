"""A model that computes for too long, or waits, is given up, and after that not asked for a while."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import pytest

from tests.doubles import AmountScorer
from upi_risk.adapters.system import bounded_scorer
from upi_risk.adapters.system.bounded_scorer import BoundedScorer
from upi_risk.domain.errors import ModelTooSlowError
from upi_risk.domain.features import NAMES, Vector
from upi_risk.domain.model import Scored

A_VECTOR = tuple(500.0 if name == "amount" else 0.0 for name in NAMES)
SECONDS = 0.02
REST_SECONDS = 0.3
LONG_SECONDS = 30.0


def compute(seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


class SlowScorer(AmountScorer):
    """Takes its time first."""

    def __init__(self, spend: Callable[[float], None]) -> None:
        super().__init__()
        self.spend, self.takes = spend, LONG_SECONDS

    def score(self, vectors: Sequence[Vector]) -> list[Scored]:
        self.batches.append(len(vectors))
        self.spend(self.takes)
        return super().score(vectors)


@pytest.mark.parametrize("spend", [compute, time.sleep])
def test_it_is_given_up_and_then_left_alone_for_a_while(spend: Callable[[float], None]) -> None:
    """Red without the timer (30 s), and without the breaker: each call is asked then."""
    scorer = SlowScorer(spend)
    bounded = BoundedScorer(scorer, SECONDS, REST_SECONDS)
    assert bounded.card is scorer.card
    began = time.monotonic()
    for _ in range(4):
        with pytest.raises(ModelTooSlowError):
            bounded.score([A_VECTOR])
    assert time.monotonic() - began < LONG_SECONDS / 3
    assert scorer.batches == [1, 1]
    time.sleep(REST_SECONDS)
    scorer.takes = 0
    assert [bounded.score([A_VECTOR])[0].probability for _ in range(2)] == [0.05, 0.05]


def test_a_call_within_its_time_is_not_disturbed_by_the_ones_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Red when a call's time is counted from the first tick of all."""
    monkeypatch.setattr(bounded_scorer, "STANDING", 10_000)  # a machine may stand still
    scorer = SlowScorer(compute)
    bounded = BoundedScorer(scorer, 0.1, REST_SECONDS)
    scorer.takes = 0.06
    for _ in range(4):
        assert len(bounded.score([A_VECTOR])) == 1


def test_the_ticking_ends_with_the_calls() -> None:
    """Red when the timer goes on: an idle process would be woken for ever."""
    BoundedScorer(AmountScorer(), 0.002, REST_SECONDS).score([A_VECTOR])
    until = time.monotonic() + LONG_SECONDS
    while signal.getitimer(signal.ITIMER_REAL)[0] and time.monotonic() < until:
        time.sleep(0.01)
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_on_another_thread_a_call_takes_what_it_takes() -> None:
    scorer, told = SlowScorer(time.sleep), list[int]()
    scorer.takes = 0.1
    bounded = BoundedScorer(scorer, 0.001, REST_SECONDS)
    thread = threading.Thread(target=lambda: told.append(len(bounded.score([A_VECTOR]))))
    thread.start()
    thread.join()
    assert told == [1]


def test_a_process_ends_in_order_while_it_ticks() -> None:
    """Red without stopping the timer at the end: the signal, which nobody hears any more, ends the process."""
    said = (
        "from upi_risk.adapters.system.bounded_scorer import BoundedScorer\n"
        "class Any:\n    card = None\n    def score(self, vectors): return []\n"
        "much = [object() for _ in range(500_000)]\n"  # ending takes a while
        "BoundedScorer(Any(), 0.002, 1).score([])"
    )
    assert subprocess.run([sys.executable, "-c", said], check=False).returncode == 0


def test_a_model_is_not_blamed_for_the_time_in_which_the_process_stood_still() -> None:
    """Red when a call that waits is told by the clock: it was given up for a hitch of the machine."""
    said = (
        "import os, subprocess\n"
        "from upi_risk.adapters.system.bounded_scorer import BoundedScorer\n"
        "still = f'sleep 0.1; kill -STOP {os.getpid()}; sleep 0.7; kill -CONT {os.getpid()}'\n"
        "class Any:\n    card = None\n    def score(self, vectors): return subprocess.run(['sh', '-c', still])\n"
        "BoundedScorer(Any(), 0.15, 1).score([])"
    )
    assert subprocess.run([sys.executable, "-c", said], check=False).returncode == 0
