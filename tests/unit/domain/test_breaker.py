from upi_risk.domain.breaker import Breaker


def opened(failures: int = 3) -> Breaker:
    breaker = Breaker(failures, period_seconds=2)
    for _ in range(failures):
        assert breaker.lets(10)
        breaker.failed(10)
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = opened()
    assert not breaker.closed
    assert breaker.opened == 1
    assert not breaker.lets(10)
    assert not breaker.lets(11.9)


def test_a_success_in_between_begins_the_count_anew() -> None:
    breaker = Breaker(3)
    for _ in range(10):
        breaker.failed(0)
        breaker.failed(0)
        breaker.succeeded()
    assert breaker.closed
    assert breaker.opened == 0


def test_an_open_one_lets_one_through_a_period_until_it_is_answered() -> None:
    """Red when everybody is let through once the period is over."""
    breaker = opened()
    assert [breaker.lets(12) for _ in range(5)] == [True, False, False, False, False]
    assert breaker.lets(14)  # nothing was heard of the first
    breaker.succeeded()
    assert breaker.closed
    assert all(breaker.lets(14) for _ in range(5))


def test_a_probe_that_fails_keeps_it_open_for_another_period() -> None:
    breaker = opened()
    assert breaker.lets(12)
    breaker.failed(13)
    assert not breaker.lets(14.9)
    assert breaker.lets(15)
    assert breaker.opened == 1


def test_it_opens_again_after_it_was_closed() -> None:
    breaker = opened()
    breaker.succeeded()
    for _ in range(3):
        breaker.failed(20)
    assert breaker.opened == 2
