"""Two records of one member are joined (Meanings 23)."""

from dataclasses import replace
from datetime import date

import pytest

from carat.tier.v1 import member_pb2, staff_pb2
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.runtime.refusal import Refused
from services.tier.columns import MoveReason
from services.tier.policy_document import Maintenance
from services.tier.refusals import Reason
from services.tier.store.verification import granted_by_shard
from tests.tier.policies import GAME
from tests.tier.records import SPRING, bought, left_ladder, merge, place, separate, standing_of
from tests.tier.refunds import refund, reverse
from tests.tier.staff_world import (
    CLERK,
    JOINED,
    STAFFED,
    TODAY,
    acts,
    approve,
    gift,
    held_for_life,
    lock,
    move,
    propose,
    refusal_of,
    staffed,
)
from tests.tier.test_jobs import story
from tests.tier.world import TierWorld, purchase

SINCE_BEFORE = date(2023, 5, 5)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1, M2 and M3 at Crystal since the same day, nobody with any activity; M9 in the game."""
    return staffed(tier_world, "M1", "M2", "M3")


def test_the_target_takes_in_the_activity_and_the_source_leaves_the_ladder(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"), bought("T2", "M2"), bought("T3", "M2", TODAY))
    standing = merge(spa, "M1", "M2")
    assert standing.member.member_id == "M2"
    assert place(spa, "M2") == ("crystal", 300_000, 3, 3)
    assert place(spa, "M1") == ("", 0, 0, 0)
    assert left_ladder(spa, "M1")
    assert standing_of(spa, "M1").member.merged_into == "M2"
    assert spa.broken_promises() == []


def test_the_merge_is_told_of_both(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", spend_minor=300_000))
    merge(spa, "M1", "M2")
    away, into = spa.moves("M1")[-1], spa.moves("M2")[-1]
    assert (away.tier_system, away.from_level, away.from_rank, away.to_level, away.to_rank) == (
        "spa", "sapphire", 1, "", -1
    )  # fmt: skip
    assert (into.from_level, into.to_level, into.from_rank, into.to_rank) == ("crystal", "sapphire", 0, 1)
    assert (away.counted_spend_minor, into.counted_spend_minor) == (300_000, 300_000)
    assert story([away, into]) == [(TODAY, "MERGED_AWAY", ""), (TODAY, "MERGED_IN", "sapphire")]
    assert away.transaction_id == into.transaction_id == "merge-1"


def test_each_record_names_the_other_when_they_are_merged_and_separated(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"))
    merge(spa, "M1", "M2", request_id="first")
    separate(spa, "first")
    merge(spa, "M1", "M3", request_id="second")
    told = [(each.member_id, each.reason, each.other_member_id) for each in spa.feed()]
    merged = (MoveReason.MERGED_AWAY, MoveReason.MERGED_IN)
    undone = (MoveReason.MERGE_UNDONE,)
    assert [each for each in told if each[1] in (*merged, *undone)] == [
        ("M1", merged[0], "M2"), ("M2", merged[1], "M1"),
        ("M1", undone[0], "M2"), ("M2", undone[0], "M1"),
        ("M1", merged[0], "M3"), ("M3", merged[1], "M1"),
    ]  # fmt: skip
    assert {other for _, reason, other in told if reason not in (*merged, *undone)} == {""}


def test_days_on_which_both_were_active_are_added_up(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"), bought("T2", "M2"), bought("T3", "M1", TODAY))
    merge(spa, "M1", "M2")
    spa.today = date(2026, 3, 1)
    assert place(spa, "M2")[1:3] == (100_000, 1)
    assert spa.broken_promises() == []


def test_the_merge_itself_promotes_nobody_the_next_purchase_does(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", spend_minor=200_000), bought("T2", "M2", spend_minor=200_000))
    assert merge(spa, "M1", "M2").level == "crystal"
    [result] = spa.record(bought("T3", "M2", TODAY, 100))
    assert (result.level_after, result.treatment_ordinal) == ("sapphire", 3)


@pytest.mark.parametrize(("source", "target"), [("M1", "M2"), ("M2", "M1")])
def test_the_higher_level_is_held_as_it_was_whichever_record_is_given_up(
    spa: TierWorld, source: str, target: str
) -> None:
    spa.record(bought("T1", "M1", date(2024, 9, 1), 300_000))
    assert spa.today == TODAY
    standing = merge(spa, source, target)
    assert (standing.level, day_from_proto(standing.level_since)) == ("sapphire", date(2024, 9, 1))
    assert day_from_proto(standing.next_review) == date(2025, 9, 1)
    assert story(spa.run_review(date(2025, 9, 1))) == [(date(2025, 9, 1), "GRACE_ENTERED", "sapphire")]


@pytest.mark.parametrize(("source", "target"), [("M1", "M2"), ("M2", "M1")])
def test_of_equal_levels_the_one_held_longer_is_kept_with_its_grace_and_lock(
    spa: TierWorld, source: str, target: str
) -> None:
    spa.record(bought("T1", "M1", date(2024, 2, 1), 300_000), bought("T2", "M2", SPRING, 300_000))
    spa.today = date(2025, 3, 2)
    lock(spa, "M1", locked_until=date(2025, 9, 1))
    standing = merge(spa, source, target)
    assert day_from_proto(standing.level_since) == date(2024, 2, 1)
    assert day_from_proto(standing.grace.until) == date(2025, 5, 1)
    assert day_from_proto(standing.locked_until) == date(2025, 9, 1)


def test_records_of_different_systems_leave_the_target_where_it_is(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", date(2025, 5, 31), 300_000), bought("T2", "M9", date(2025, 5, 31)))
    standing = merge(spa, "M1", "M9")
    assert (standing.tier_system, standing.level) == ("game", "silver")
    assert standing.counted.points == 3_000 + 1_500
    assert spa.moves("M9")[-1].from_level == "silver"
    assert spa.broken_promises() == []


def test_what_either_held_for_life_is_held_for_life(spa: TierWorld) -> None:
    held_for_life(spa, "M1")
    standing = merge(spa, "M1", "M2")
    assert (standing.level, day_from_proto(standing.lifetime_since)) == ("diamond", TODAY)
    assert not standing_of(spa, "M1").HasField("lifetime_since")
    with pytest.raises(Refused, match="for life"):
        move(spa, "crystal", "M2", request_id="R9")


def test_activity_before_the_targets_own_enrolment_counts_and_may_still_come_in(spa: TierWorld) -> None:
    early = member_pb2.Member(member_id="M4", enrolled_on=day_to_proto(SINCE_BEFORE))
    assert spa.enrol(early) == [("", True)]
    two_years = replace(STAFFED.systems[0], window_months=24)
    assert spa.apply(replace(STAFFED, systems=(two_years, GAME))) == []
    spa.record(bought("T1", "M4", date(2023, 7, 1)))
    merge(spa, "M4", "M2")
    assert place(spa, "M2")[1] == 100_000
    [late] = spa.record(bought("T2", "M2", date(2023, 8, 1)))
    assert (late.reason, late.treatment_ordinal) == (0, 2)
    assert place(spa, "M2")[1] == 200_000
    assert day_from_proto(standing_of(spa, "M2").member.enrolled_on) == JOINED
    assert spa.broken_promises() == []


def test_what_was_due_of_both_is_settled_before(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", JOINED, 300_000), bought("T2", "M2", JOINED, 300_000))
    merge(spa, "M1", "M2")
    reasons = [reason for _, reason, _ in story(spa.moves("M1"))]
    assert reasons == ["ENROLLED", "THRESHOLD_REACHED", "GRACE_ENTERED", "GRACE_EXPIRED", "MERGED_AWAY"]
    reasons = [reason for _, reason, _ in story(spa.moves("M2"))]
    assert reasons == ["ENROLLED", "THRESHOLD_REACHED", "GRACE_ENTERED", "GRACE_EXPIRED", "MERGED_IN"]


def test_inactivity_is_counted_from_the_later_treatment_and_ends_if_either_is_active(spa: TierWorld) -> None:
    resting = replace(STAFFED.systems[0], inactive_months=12)
    assert spa.apply(replace(STAFFED, systems=(resting, GAME))) == []
    spa.record(bought("T1", "M1", TODAY))
    spa.today = date(2025, 6, 2)
    assert standing_of(spa, "M2").HasField("inactive_since")
    assert not merge(spa, "M1", "M2").HasField("inactive_since")
    spa.today = date(2026, 6, 2)
    assert day_from_proto(standing_of(spa, "M2").inactive_since) == date(2026, 6, 1)


def test_purchases_of_the_source_are_refused_and_those_recorded_keep_their_answers(spa: TierWorld) -> None:
    first = spa.record(bought("T1", "M1"))
    merge(spa, "M1", "M2")
    before = spa.snapshot()
    asked = (bought("T1", "M1"), bought("T1", "M2"), bought("T2", "M1"))
    [again, other, new] = [spa.record(item)[0] for item in asked]
    assert again.replayed
    assert (again.points, again.level, again.treatment_ordinal) == (first[0].points, "crystal", 1)
    assert other.reason == Reason.TRANSACTION_ID_REUSED
    assert new.reason == Reason.MEMBER_MERGED
    assert spa.snapshot() == before
    assert spa.enrol(member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(JOINED))) == [
        ("MEMBER_MERGED", False)
    ]
    assert spa.snapshot() == before


def test_one_purchase_of_a_merged_record_fails_none_of_its_neighbours(spa: TierWorld) -> None:
    merge(spa, "M1", "M2")
    results = spa.record(bought("T1", "M1"), bought("T2", "M2"), bought("T3", "M3"))
    assert [result.reason for result in results] == [Reason.MEMBER_MERGED, 0, 0]


def test_a_purchase_is_refused_for_what_comes_first(spa: TierWorld) -> None:
    merge(spa, "M1", "M2")
    [result] = spa.record(purchase("T1", "M1", SPRING, spend_minor=-1))
    assert result.reason == Reason.AMOUNT_MUST_NOT_BE_NEGATIVE


def test_a_reversal_of_a_merged_purchase_takes_from_the_target(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"), bought("T2", "M2"))
    merge(spa, "M1", "M2")
    assert [result.reason for result in reverse(spa, refund("T1", TODAY))] == [0]
    assert place(spa, "M2") == ("crystal", 100_000, 1, 2)
    separate(spa)
    assert place(spa, "M1") == ("crystal", 0, 0, 1)
    assert place(spa, "M2") == ("crystal", 100_000, 1, 1)
    assert spa.broken_promises() == []


def test_sums_are_told_of_the_records_that_the_ledger_knows(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"), bought("T2", "M2"), bought("T3", "M3"))
    reverse(spa, refund("T2", TODAY, base_micropoints=400 * 10**6))
    before = spa.database.transact(granted_by_shard)
    assert sum(before.points) == 1_000 + 600 + 1_000
    assert (sum(before.spend), sum(before.visits)) == (300_000, 3)
    merge(spa, "M1", "M2")
    merge(spa, "M2", "M3", "merge-2")
    assert spa.database.transact(granted_by_shard) == before
    separate(spa, "merge-2")
    assert spa.database.transact(granted_by_shard) == before


def test_an_open_invitation_of_the_source_is_declined_and_that_is_written_down(spa: TierWorld) -> None:
    propose(spa)
    merge(spa, "M1", "M2")
    assert [act.kind for act in acts(spa, "M1")[:2]] == [
        staff_pb2.STAFF_ACT_KIND_INVITATION_DECLINED,
        staff_pb2.STAFF_ACT_KIND_MERGED,
    ]
    assert refusal_of(spa, lambda: approve(spa)) == "MEMBER_MERGED"


def test_a_gift_is_given_once_even_by_two_records_of_one_giver(spa: TierWorld) -> None:
    for name in ("M1", "M2"):
        held_for_life(spa, name)
    gift(spa, "M1", "M3", request_id="G1")
    merge(spa, "M1", "M2")
    move(spa, "crystal", "M3", request_id="R7")
    assert refusal_of(spa, lambda: gift(spa, "M2", "M3", request_id="G2")) == "STATUS_ALREADY_GIFTED"
    separate(spa)
    assert gift(spa, "M2", "M3", request_id="G2").level == "diamond"
    assert refusal_of(spa, lambda: gift(spa, "M1", "M3", request_id="G3")) != ""


def test_who_merged_is_kept(spa: TierWorld) -> None:
    merge(spa, "M1", "M2", note="two cards")
    act = acts(spa, "M1")[0]
    assert (act.kind, act.actor_id, act.note) == (staff_pb2.STAFF_ACT_KIND_MERGED, CLERK.id, "two cards")
    assert act.details == '{"target_member_id": "M2"}'


def test_under_continuous_maintenance_the_merged_record_is_checked_by_what_both_did(spa: TierWorld) -> None:
    continuous = replace(STAFFED.systems[0], maintenance=Maintenance.CONTINUOUS)
    assert spa.apply(replace(STAFFED, systems=(continuous, GAME))) == []
    spa.record(bought("T1", "M1", TODAY, 300_000))
    spa.record(bought("T2", "M2", TODAY, 200_000))
    merge(spa, "M1", "M2")
    spa.today = date(2026, 5, 31)
    assert not standing_of(spa, "M2").HasField("grace")
    assert standing_of(spa, "M2").level == "sapphire"
