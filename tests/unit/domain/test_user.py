"""What events do to a payer, to a pair and to a receiver."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, SHOP, a_payment, a_receiver, a_transaction, a_user, later
from upi_risk.domain.decision import Decision
from upi_risk.domain.draft import Draft
from upi_risk.domain.indian_time import indian_day
from upi_risk.domain.receiver import ReceiverDelta
from upi_risk.domain.scores import receiver_reputation, trust_score
from upi_risk.domain.track_record import REACH_DAYS, Day, TrackRecord
from upi_risk.domain.user import Payee, User

TODAY = indian_day(NOON)


def draft_of(user: User) -> Draft:
    draft = Draft.of(user)
    draft.payees[SHOP] = Payee(user.user_id, SHOP)
    return draft


def decided(draft: Draft, decision: Decision, amount_paise: int = 100_00) -> None:
    at = draft.user.instant(NOON)
    draft.decide(a_transaction(a_payment(draft.user.user_id, amount_paise=amount_paise, at=at), decision))


def test_an_allowed_payment_happened_and_counts_everywhere() -> None:
    draft = draft_of(a_user())
    decided(draft, Decision.ALLOW)
    user, payee = draft.user, draft.payees[SHOP]
    assert (user.transaction_count, user.settled_count, user.settled_paise, user.payee_count) == (1, 1, 100_00, 1)
    assert (user.largest_paise, user.last_settled_at) == (100_00, user.last_event_at)
    assert (payee.settled_count, payee.first_settled_at) == (1, user.last_event_at)
    assert user.track.days == (Day(TODAY, settled=1),)


def test_a_blocked_or_unconfirmed_payment_is_an_attempt_and_nothing_else() -> None:
    for decision in (Decision.BLOCK, Decision.VERIFY):
        draft = draft_of(a_user())
        decided(draft, decision)
        user = draft.user
        assert user.transaction_count == 1
        assert (user.settled_count, user.settled_paise, user.payee_count, user.last_settled_at) == (0, 0, 0, None)
        assert not draft.payees[SHOP].exists
        assert draft.change().deltas == ()


def test_a_confirmed_payment_settles_when_it_is_confirmed() -> None:
    user = a_user()
    asked = a_transaction(a_payment(user.user_id, at=later(seconds=1)), Decision.VERIFY)
    draft = draft_of(user)
    draft.decide(asked)
    at = later(minutes=5)
    draft.conclude(asked.outcome(confirmed=True, at=at), at)
    assert (draft.user.transaction_count, draft.user.settled_count, draft.user.last_settled_at) == (1, 1, at)
    assert draft.payees[SHOP].first_settled_at == at


def test_a_cancelled_payment_leaves_no_trace_but_the_attempt() -> None:
    draft = draft_of(a_user())
    asked = a_transaction(a_payment(draft.user.user_id, at=later(seconds=1)), Decision.VERIFY)
    draft.decide(asked)
    before = draft.user
    draft.conclude(asked.outcome(confirmed=False, at=later(minutes=1)), later(minutes=1))
    assert draft.user == before.moved(later(minutes=1))


def test_a_report_disputes_the_pair_and_marks_payer_and_receiver() -> None:
    draft = draft_of(a_user())
    paid = a_transaction(a_payment(draft.user.user_id, at=later(seconds=1)))
    draft.decide(paid)
    draft.report(paid.reported(later(hours=1)), later(hours=1))
    change = draft.change()
    assert change.payees[0].disputed
    assert [delta.day for delta in change.deltas] == [
        Day(TODAY, settled=1, paise=500_00, fresh=1),
        Day(TODAY, reports=1, reported=1, reported_paise=500_00),
    ]
    assert (change.reports[0].transaction_id, change.reports[0].source) == (paid.payment.transaction_id, "payer")
    assert draft.user.track.reports(TODAY) == 1


def test_a_user_counts_once_against_a_receiver_and_each_time_for_their_own_trust() -> None:
    draft = draft_of(a_user())
    for number in range(1, 4):
        paid = a_transaction(a_payment(draft.user.user_id, at=draft.user.instant(NOON)))
        draft.decide(paid)
        draft.report(paid.reported(later(hours=number)), later(hours=number))
    change = draft.change()
    assert sum(delta.day.reports for delta in change.deltas) == 1
    assert len(change.reports) == 3
    assert draft.user.track.reports(TODAY) == 3


def test_a_report_on_a_blocked_payment_makes_the_receiver_a_payee_that_is_disputed() -> None:
    draft = draft_of(a_user())
    asked = a_transaction(a_payment(draft.user.user_id, at=later(seconds=1)), Decision.BLOCK)
    draft.decide(asked)
    draft.report(asked.reported(later(hours=1)), later(hours=1))
    assert (draft.user.payee_count, draft.user.settled_count) == (1, 0)


def test_the_second_payment_to_a_payee_meets_nobody_new() -> None:
    draft = draft_of(a_user())
    decided(draft, Decision.ALLOW)
    decided(draft, Decision.ALLOW, amount_paise=50_00)
    assert (draft.user.payee_count, draft.user.settled_count, draft.user.largest_paise) == (1, 2, 100_00)
    assert draft.user.average_paise == 75_00
    assert len(draft.change().payees) == 1


def test_two_events_of_a_user_never_share_an_instant() -> None:
    user = a_user()
    assert user.instant(NOON) == NOON + timedelta(microseconds=1)
    assert user.instant(NOON - timedelta(hours=1)) == NOON + timedelta(microseconds=1)
    assert user.instant(later(seconds=1)) == later(seconds=1)


def test_every_event_is_a_new_version() -> None:
    user = a_user()
    events = [
        user.signed_in(NOON),
        user.checked(NOON),
        user.settled(1, NOON, fresh=True),
        user.reported(NOON),
        user.moved(NOON),
    ]
    assert {event.version for event in events} == {user.version + 1}


def test_signing_up_is_the_first_sign_in() -> None:
    user = a_user()
    assert user.login_count == 1
    assert user.signed_in(later(days=1)).login_count == 2
    assert user.signed_in(later(days=1)).last_login_at == later(days=1)
    assert user.age(later(days=2)) == timedelta(days=2)
    assert user.average_paise == 0.0


def test_a_draft_answers_a_retry_of_what_it_just_decided() -> None:
    draft = draft_of(a_user())
    paid = a_transaction(a_payment(draft.user.user_id, at=later(seconds=1), idempotency_key="k"))
    draft.decide(paid)
    assert draft.answer_to("k") is paid
    assert draft.answer_to("other") is None


def test_a_new_payer_is_trusted_half_and_a_new_receiver_mostly() -> None:
    assert a_user().trust_score(NOON) == trust_score(0, 0) == 50.0
    assert a_receiver().reputation(NOON) == receiver_reputation(0, 0) == 2 / 3


def test_a_payment_matures_after_seven_whole_days_and_is_forgotten_after_thirty_seven() -> None:
    track = TrackRecord().settled(NOON)
    assert [track.good(TODAY + days) for days in (0, 7, 8, 37, 38)] == [0, 0, 1, 1, 0]


def test_a_report_is_taken_off_the_good_ones_for_thirty_days_and_never_below_none() -> None:
    track = TrackRecord().settled(NOON).settled(NOON).reported(later(days=2))
    assert [track.good(TODAY + days) for days in (8, 32, 33, 37)] == [1, 1, 2, 2]
    assert track.reported(later(days=3)).reported(later(days=3)).good(TODAY + 8) == 0


def test_a_report_counts_at_once_and_for_a_week() -> None:
    track = TrackRecord().reported(NOON)
    assert [track.reports(TODAY + days) for days in (0, 7, 8)] == [1, 1, 0]
    reported = a_receiver().plus(ReceiverDelta.reported(SHOP, 100, NOON, first=True))
    assert reported.report_count == 1
    assert reported.reputation(later(seconds=1)) < a_receiver().reputation(NOON)


def test_a_copy_of_a_receiver_serves_until_a_payment_it_missed_would_count() -> None:
    copy = a_receiver().copied(NOON)
    missed = TrackRecord().settled(later(hours=1))
    for days in range(12):
        assert copy.serves(later(days=days)) == (missed.good(TODAY + days) == 0)
    assert a_receiver().serves(later(days=1_000))


def test_trust_falls_with_reports_and_rises_with_payments_that_matured() -> None:
    user = a_user().settled(100, NOON, fresh=True)
    assert user.trust_score(later(days=10)) > 50.0
    assert user.reported(later(days=9)).trust_score(later(days=10)) < 50.0


@given(st.lists(st.tuples(st.integers(0, 120), st.booleans())))
def test_a_track_record_stays_small_and_forgets_only_what_is_out_of_reach(events: list[tuple[int, bool]]) -> None:
    track = TrackRecord()
    for day, settled in events:
        at = NOON + timedelta(days=day)
        track = track.settled(at) if settled else track.reported(at)
    assert len(track.days) <= REACH_DAYS + 1
    assert [day.number for day in track.days] == sorted({day.number for day in track.days})
    if events:
        newest = max(day for day, _ in events)
        kept = [(day, settled) for day, settled in events if day >= newest - REACH_DAYS]
        assert sum(day.settled + day.reports for day in track.days) == len(kept)
