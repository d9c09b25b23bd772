"""Room is what is answered within a time, while the loop is short of time; else there is no end to it."""

from upi_risk.application.room import (
    BOUNDLESS,
    BUSY,
    FORGOTTEN_SECONDS,
    LARGEST_BATCH,
    LEAST,
    LEAST_OF_A_STORE,
    SHORT_OF_TIME_SECONDS,
    Room,
)


def busy(seconds: float = 0.1, each: float = 0.0005) -> Room:
    """The room of a loop that is late, and answers a question in so many seconds."""
    room = Room(seconds)
    room.opened(10.0)
    for turn in range(1, 20):
        room.answered(50, 10.0 + turn * 50 * each, 10.0 + turn * 50 * each)
        room.looked(0.03, 0.5, 0.0)
    return room


def test_as_many_as_are_answered_within_the_time() -> None:
    assert busy(each=0.0005).most in {199, 200}
    assert busy(each=0.0001).most in {999, 1000}


def test_a_few_are_always_let_in() -> None:
    assert busy(each=0.1).most == LEAST


def test_a_loop_that_has_time_lets_twice_as_many_in() -> None:
    """A slow store leaves the loop idle, and answers more when it is asked for more: red when the bound is the same."""
    room = busy(each=0.0005)
    for _ in range(12):
        room.looked(0.0, 0.5, 0.0)
    assert room.most in {399, 400}


def following(each: float, questions: int, batches: int = 9, seconds: float = 0.05) -> Room:
    """The room of an idle loop after batches, one upon the other, in which nobody waited for long."""
    room = Room(seconds)
    room.opened(0.0)
    for turn in range(1, batches + 1):
        room.answered(questions, turn * questions * each, turn * questions * each - 0.01)
    room.looked(0.0, 0.1, 0.0)
    return room


def test_the_pace_of_a_store_tells_before_anybody_has_waited() -> None:
    """Red when only a long stay bounds: a tenth of a second's worth is let in at the start, and answered too late."""
    assert following(0.0005, 32).most in {199, 200}
    assert following(0.002, 32).most == LEAST_OF_A_STORE


def test_batches_of_a_few_tell_no_pace() -> None:
    """Red when every batch tells: that of a lone call has the time of a commit, which a hundred would share."""
    assert following(0.002, 15).most == BOUNDLESS
    assert following(0.002, 32, batches=1).most == BOUNDLESS, "what came after an idle time is no pace either"


def test_one_batch_that_was_held_up_changes_no_pace() -> None:
    """Red when the pace is an average: a hitch of a fifth of a second has half of 200 callers refused."""
    room = following(0.0002, 32)
    room.answered(32, 9 * 32 * 0.0002 + 0.2, 9 * 32 * 0.0002 + 0.19)
    room.looked(0.0, 0.1, 0.0)
    assert room.most in {499, 500}


def test_a_store_is_not_blamed_for_the_time_in_which_the_process_stood_still() -> None:
    """Red when the batch that was under way meanwhile counts as one that took so long."""
    for stood_still in (False, True):
        room = following(0.0005, 8)
        if stood_still:
            room.stood_still(0.9)
        room.answered(8, 0.91, 0.03)
        room.looked(0.0, 0.1, 0.0)
        assert (room.most == BOUNDLESS) is stood_still


def test_what_a_store_did_long_ago_is_forgotten() -> None:
    """Red when it is not: the first burst after a bad hour is refused in part."""
    room = following(0.002, 32)
    room.opened(FORGOTTEN_SECONDS / 2)
    assert room.most == LEAST_OF_A_STORE
    room.opened(FORGOTTEN_SECONDS * 2)
    room.looked(0.0, 0.1, 0.0)
    assert room.most == BOUNDLESS


def test_a_thread_that_computes_all_the_time_is_short_of_it_though_no_timer_is_late() -> None:
    """Red when lateness alone says it: small batches keep timers in time, and let everybody in again."""
    room = Room(0.2)
    room.opened(0.0)
    room.answered(10, 0.01, 0.0)
    for _ in range(20):
        room.looked(0.0, 0.97, 0.0)
    assert room.most == 200
    for _ in range(20):
        room.looked(0.0, BUSY * 0.8, 0.0)
    assert room.most == 200, "what is just below must not let all in"
    for _ in range(20):
        room.looked(0.0, BUSY / 2, 0.0)
    assert (room.most, room.batch) == (BOUNDLESS, LARGEST_BATCH)


def test_what_is_done_in_one_go_is_a_part_of_what_there_is_room_for() -> None:
    """Red when batches stay as large as they may be: refusals wait for as long as one is computed."""
    assert busy(each=0.0005).batch in {49, 50}
    assert busy(each=0.1).batch == LEAST // 4
    assert busy(each=0.00001).batch == LARGEST_BATCH


def test_a_slow_store_is_asked_for_what_it_answers_in_time() -> None:
    """Red when neither the stay nor the batch that is under way says it: small batches tell no pace."""
    for each, most in ((0.0005, 200), (0.02, LEAST)):
        room = Room(0.05)
        for turn in range(1, 20):
            room.opened(turn * each * 200 - each * 200)
            room.answered(200, turn * 200 * each, turn * 200 * each - 0.2)
        room.looked(0.0, 0.1, 0.0)
        assert room.most in {most, most - 1}
        assert room.batch == LARGEST_BATCH
        for turn in range(1, 20):
            room.opened(100 + turn - 0.02)
            room.answered(200, 100 + turn, 100 + turn - 0.01)
        room.looked(0.0, 0.1, 0.0)
        assert room.most == BOUNDLESS
        room.looked(0.0, 0.1, 0.11)
        assert room.most < BOUNDLESS, "a batch that is under way for so long says it before it is answered"


def test_one_late_timer_is_no_shortage_but_a_very_late_one_is() -> None:
    room = Room(0.2)
    room.opened(0.0)
    room.answered(10, 0.01, 0.0)
    room.looked(SHORT_OF_TIME_SECONDS * 2, 0.5, 0.0)
    assert room.most == BOUNDLESS
    room.looked(0.2, 0.5, 0.0)
    assert room.most == 200


def test_before_anything_was_answered_nothing_is_known() -> None:
    room = Room(0.1)
    room.looked(1.0, 0.5, 0.0)
    assert room.most == BOUNDLESS


def test_the_pace_follows_what_is_new() -> None:
    room = busy(each=0.0005)
    room.opened(19.95)
    for turn in range(20):
        room.answered(50, 20.0 + turn * 50 * 0.0007, 20.0 + turn * 50 * 0.0007)
    room.looked(0.03, 0.5, 0.0)
    assert 138 <= room.most <= 148
