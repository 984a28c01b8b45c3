"""A member's record is changed, and the member with it moves to another tier system (Meanings 18)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from google.type import date_pb2

from carat.tier.v1 import member_pb2, staff_pb2
from services.kernel.calendar import day_number
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.policy_document import Level, Maintenance, Thresholds
from tests.tier.policies import GAME, GAME_LEVELS, POLICY
from tests.tier.records import erase, merge, standing_of, update
from tests.tier.staff_world import (
    JOINED,
    STAFFED,
    TODAY,
    accept,
    acts,
    approve,
    held_for_life,
    lock,
    propose,
    refusal_of,
    staffed,
)
from tests.tier.test_jobs import story
from tests.tier.test_reversal_races import held_up
from tests.tier.world import ALL_SHARDS, TierWorld, purchase
from workers.jobs.tier_assignment import TIER_ASSIGNMENT

BIRTHDAY = date(1990, 1, 1)
TOMORROW = date(2025, 6, 2)


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    return staffed(tier_world, "M1", "M2")


def test_another_attribute_moves_the_member_at_once_and_is_told_by_two_moves(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", TODAY, spend_minor=300_000, base_points=900))
    standing = update(spa, tier_system="game")
    assert (standing.tier_system, standing.level, standing.rank) == ("game", "bronze", 0)
    assert standing.member.tier_system == "game"
    assert day_from_proto(standing.level_since) == TODAY
    left, joined = spa.moves("M1")[-2:]
    assert (left.tier_system, left.from_level, left.from_rank) == ("spa", "sapphire", 1)
    assert (left.to_level, left.to_rank) == ("", -1)
    assert (joined.tier_system, joined.from_level, joined.from_rank) == ("game", "", -1)
    assert (joined.to_level, joined.to_rank) == ("bronze", 0)
    assert left.transaction_id == joined.transaction_id == "R1"
    assert story([left, joined]) == [(TODAY, "SYSTEM_CHANGED", ""), (TODAY, "SYSTEM_CHANGED", "bronze")]
    assert spa.broken_promises() == []


@pytest.mark.parametrize(("points", "level"), [(999, "bronze"), (1_000, "silver")])
def test_the_member_lands_on_the_highest_level_that_what_counts_there_attains(
    spa: TierWorld, points: int, level: str
) -> None:
    spa.record(purchase("T1", "M1", date(2025, 5, 31), base_points=points))
    assert update(spa, tier_system="game").level == level


def test_what_counts_is_added_up_anew_over_the_window_of_the_new_system(spa: TierWorld) -> None:
    for number, day in enumerate([date(2024, 5, 31), date(2024, 6, 1), date(2024, 6, 2), date(2025, 5, 31)]):
        spa.record(purchase(f"T{number}", "M1", day, spend_minor=100, visits=1, base_points=10**number))
    assert update(spa, tier_system="game").counted.points == 1_000
    back = update(spa, tier_system="spa", request_id="R2")
    assert (back.counted.points, back.counted.visits) == (1_100, 2)
    assert day_from_proto(back.counted_from) == date(2024, 6, 2)
    assert back.lifetime_treatments == 4
    assert spa.broken_promises() == []


def test_several_levels_are_climbed_at_once_but_none_that_is_by_invitation_only(spa: TierWorld) -> None:
    gold = Level("gold", "Gold", 30_000, Thresholds(points=3_000), Thresholds(points=500))
    black = Level("black", "Black", 40_000, by_invitation=True)
    assert (
        spa.apply(
            replace(STAFFED, systems=(STAFFED.systems[0], replace(GAME, levels=(*GAME_LEVELS, gold, black))))
        )
        == []
    )
    spa.record(purchase("T1", "M1", TODAY, base_points=3_000))
    assert update(spa, tier_system="game").level == "gold"


def test_grace_and_locks_end_with_the_system(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    spa.today = date(2025, 3, 1)
    spa.run_review(date(2025, 1, 10))
    assert standing_of(spa, "M1").HasField("grace")
    lock(spa, locked_until=date(2026, 1, 1))
    update(spa, tier_system="game", request_id="R2")
    standing = update(spa, tier_system="spa", request_id="R3")
    assert not standing.HasField("grace")
    assert not standing.HasField("locked_until")
    assert spa.run_grace(date(2025, 3, 1)) == []


def test_the_mark_of_inactivity_is_left_behind_and_set_again_where_it_is_due(spa: TierWorld) -> None:
    systems = (replace(STAFFED.systems[0], inactive_months=12), GAME)
    assert spa.apply(replace(STAFFED, systems=systems)) == []
    spa.today = TOMORROW
    assert day_from_proto(standing_of(spa, "M1").inactive_since) == TODAY
    assert not update(spa, tier_system="game").HasField("inactive_since")
    update(spa, tier_system="spa", request_id="R2")
    spa.today = date(2025, 6, 3)
    assert day_from_proto(standing_of(spa, "M1").inactive_since) == TOMORROW


def test_a_level_landed_on_is_reviewed_after_a_year_and_then_by_its_thresholds(spa: TierWorld) -> None:
    continuous = replace(STAFFED.systems[0], maintenance=Maintenance.CONTINUOUS)
    assert spa.apply(replace(STAFFED, systems=(continuous, GAME))) == []
    spa.record(purchase("T1", "M9", date(2024, 6, 3), spend_minor=300_000))
    assert update(spa, "M9", tier_system="spa").level == "sapphire"
    spa.today = date(2026, 5, 31)
    assert standing_of(spa, "M9").level == "sapphire"
    assert not standing_of(spa, "M9").HasField("grace")
    spa.today = date(2026, 6, 2)
    assert standing_of(spa, "M9").HasField("grace")


def test_without_an_attribute_it_is_the_default_system_or_none(spa: TierWorld) -> None:
    assert update(spa, "M9").tier_system == "spa"
    assert spa.apply(replace(STAFFED, default_system="")) == []
    standing = update(spa, "M9", request_id="R2")
    assert (standing.tier_system, standing.level) == ("", "")
    assert story(spa.moves("M9"))[-1] == (TODAY, "SYSTEM_CHANGED", "")
    assert update(spa, "M9", tier_system="game", request_id="R3").level == "bronze"
    assert len(spa.moves("M9")) == 1 + 2 + 1 + 1
    assert spa.broken_promises() == []


@pytest.mark.parametrize("inactive", ["spa", "game"])
def test_an_inactive_system_may_be_left_and_is_entered_at_its_lowest_level(
    spa: TierWorld, inactive: str
) -> None:
    spa.record(purchase("T1", "M1", TODAY, spend_minor=300_000, base_points=1_000))
    systems = tuple(replace(each, active=each.external_id != inactive) for each in POLICY.systems)
    assert (
        spa.apply(
            replace(POLICY, systems=(replace(STAFFED.systems[0], active=inactive != "spa"), systems[1]))
        )
        == []
    )
    assert update(spa, tier_system="game").level == ("bronze" if inactive == "game" else "silver")


def test_a_birthday_is_changed_and_taken_away_and_moves_nobody(spa: TierWorld) -> None:
    moves = len(spa.moves("M1"))
    standing = update(spa, mask=["birthday"], birthday=BIRTHDAY, tier_system="game")
    assert day_from_proto(standing.member.birthday) == BIRTHDAY
    assert (standing.member.tier_system, standing.tier_system) == ("", "spa")
    standing = update(spa, mask=["birthday"], request_id="R2")
    assert not standing.member.HasField("birthday")
    assert len(spa.moves("M1")) == moves


def test_what_was_due_is_settled_before_the_member_leaves(spa: TierWorld) -> None:
    spa.record(purchase("T1", "M1", JOINED, spend_minor=300_000))
    update(spa, tier_system="game")
    assert [reason for _, reason, _ in story(spa.moves("M1"))[2:]] == [
        "GRACE_ENTERED", "GRACE_EXPIRED", "SYSTEM_CHANGED", "SYSTEM_CHANGED",
    ]  # fmt: skip


def test_the_same_request_again_answers_and_changes_nothing(spa: TierWorld) -> None:
    update(spa, tier_system="game")
    before = spa.snapshot()
    assert update(spa, tier_system="game").tier_system == "game"
    assert spa.snapshot() == before


def test_the_update_is_kept_with_who_asked_and_what(spa: TierWorld) -> None:
    update(spa, mask=["tier_system", "birthday"], tier_system="game", birthday=BIRTHDAY, note="A/B")
    act = acts(spa, "M1")[0]
    assert (act.kind, act.actor_id, act.note) == (staff_pb2.STAFF_ACT_KIND_MEMBER_UPDATED, "clerk", "A/B")
    assert '"tier_system": "game"' in act.details
    assert '"birthday": "1990-01-01"' in act.details


def test_an_invitation_to_a_level_of_the_system_left_cannot_be_accepted(spa: TierWorld) -> None:
    propose(spa)
    approve(spa)
    update(spa, tier_system="game")
    assert refusal_of(spa, lambda: accept(spa)) == "LEVEL_UNKNOWN"


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("MEMBER_ID_MUST_BE_PRINTABLE", {"member_id": "M 1"}),
    ("TIER_SYSTEM_UNKNOWN", {"tier_system": "beta"}),
    ("TIER_SYSTEM_UNKNOWN", {"member_id": "nobody", "tier_system": "beta"}),
    ("MEMBER_UNKNOWN", {"member_id": "nobody"}),
    ("DATE_MUST_BE_VALID", {"mask": ["birthday"], "birthday": date_pb2.Date(year=2025, month=2, day=30)}),
    ("DATE_MUST_NOT_BE_IN_FUTURE", {"mask": ["birthday"], "birthday": TOMORROW}),
    ("ACTOR_REQUIRED", {"actor": staff_pb2.Actor(), "mask": []}),
    ("NOTE_REQUIRED", {"note": "\n"}),
    ("REQUEST_ID_MUST_BE_PRINTABLE", {"request_id": "R 1"}),
    ("REQUEST_ID_REUSED", {"request_id": "for-life-M2"}),
    ("LIFETIME_MUST_NOT_END", {"member_id": "M2", "tier_system": "game"}),
    ("FIELD_NOT_UPDATABLE", {"mask": []}),
    ("FIELD_NOT_UPDATABLE", {"mask": ["enrolled_on"]}),
    ("FIELD_NOT_UPDATABLE", {"mask": ["tier_system", "member_id"]}),
]


@pytest.mark.parametrize(("reason", "asked"), REFUSED)
def test_an_update_is_refused(spa: TierWorld, reason: str, asked: dict[str, Any]) -> None:
    held_for_life(spa, "M2")
    assert refusal_of(spa, lambda: update(spa, **{"request_id": "R9", **asked})) == reason


def test_a_lifetime_member_may_name_the_own_system(spa: TierWorld) -> None:
    held_for_life(spa, "M2")
    assert update(spa, "M2", tier_system="spa").level == "diamond"


def gone(leave: Callable[[TierWorld], object], spa: TierWorld) -> str:
    leave(spa)
    return refusal_of(spa, lambda: update(spa, tier_system="game"))


def test_who_was_merged_away_or_erased_is_not_updated(spa: TierWorld) -> None:
    assert gone(lambda world: merge(world, "M1", "M2"), spa) == "MEMBER_MERGED"
    assert refusal_of(spa, lambda: update(spa, "M2", mask=["enrolled_on"], actor=None)) == "ACTOR_REQUIRED"
    erase(spa, "M2")
    assert refusal_of(spa, lambda: update(spa, "M2")) == "MEMBER_ERASED"


def test_the_job_of_the_night_goes_by_the_attribute_as_it_was_set_meanwhile(spa: TierWorld) -> None:
    """M1 is to be moved by the job; while it decides, staff set the attribute to the system that M1 is in."""
    assert spa.apply(replace(STAFFED, default_system="game")) == []
    day = day_number(TODAY)
    parameters = spa.database.transact(lambda connection: TIER_ASSIGNMENT.plan(connection, day))
    rows = TIER_ASSIGNMENT.read(spa.database.fetch_arrow, ALL_SHARDS, day, parameters)
    decided = TIER_ASSIGNMENT.decide(rows, day, parameters)
    with ThreadPoolExecutor(1) as thread, held_up(spa, 1):
        future = thread.submit(update, spa, "M1", tier_system="spa")
    assert future.result().tier_system == "spa"
    applied = spa.database.transact(lambda connection: TIER_ASSIGNMENT.record(connection, decided, "run"))
    changed = TIER_ASSIGNMENT.changes(decided).member_id
    assert set(changed[~applied]) == {"M1"}
    assert spa.run(TIER_ASSIGNMENT, TODAY) == []
    assert standing_of(spa, "M1").tier_system == "spa"
    assert standing_of(spa, "M2").tier_system == "game"


def test_enrolling_an_updated_member_again_as_it_now_is_changes_nothing(spa: TierWorld) -> None:
    update(spa, tier_system="game")
    member = member_pb2.Member(member_id="M1", enrolled_on=day_to_proto(JOINED), tier_system="game")
    assert spa.enrol(member) == [("", False)]
