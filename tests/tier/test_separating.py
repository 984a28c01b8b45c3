"""Two records that were joined are separated again (Meanings 23)."""

from collections import namedtuple
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from carat.tier.v1 import member_pb2
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.tier.policy_document import Level, Thresholds
from services.tier.refusals import Reason
from services.tier.tables import STANDING
from tests.tier.policies import GAME
from tests.tier.records import SPRING, bought, merge, place, separate, standing_of, update
from tests.tier.staff_world import (
    STAFFED,
    TODAY,
    held_for_life,
    lock,
    move,
    refusal_of,
    staffed,
)
from tests.tier.test_jobs import story
from tests.tier.world import TierWorld, purchase

SINCE_BEFORE = date(2023, 5, 5)
_Row = namedtuple("_Row", STANDING.c.keys())


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """M1, M2 and M3 at Crystal since the same day, nobody with any activity; M9 in the game."""
    return staffed(tier_world, "M1", "M2", "M3")


def rolled_rows(before: list[Any], after: list[Any]) -> list[Any]:
    """The rows before, evaluated today like those after; nothing had left their windows meanwhile."""
    return [
        old._replace(evaluated_on=new.evaluated_on, counted_from=new.counted_from)
        if old.member_id in ("M1", "M2")
        else old
        for old, new in zip(map(_named, before), map(_named, after), strict=True)
    ]


def unversioned(rows: list[Any]) -> list[tuple[Any, ...]]:
    return [tuple(_named(row)._replace(version=0)) for row in rows]


def _named(row: Any) -> Any:
    return _Row(*row)


def test_undoing_at_once_leaves_both_as_they_were(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", spend_minor=300_000), bought("T2", "M2"), bought("T3", "M2"))
    before = spa.snapshot()
    merge(spa, "M1", "M2")
    source, target = separate(spa)
    assert (source.member.member_id, source.level) == ("M1", "sapphire")
    assert (target.member.member_id, target.level) == ("M2", "crystal")
    after = spa.snapshot()
    for table in ("member", "activity", "activity_day"):
        assert after[table] == before[table]
    assert unversioned(after["standing"]) == unversioned(rolled_rows(before["standing"], after["standing"]))
    assert story(spa.moves("M1"))[-1] == (TODAY, "MERGE_UNDONE", "sapphire")
    assert story(spa.moves("M2"))[-1] == (TODAY, "MERGE_UNDONE", "crystal")
    assert spa.moves("M1")[-1].from_level == ""
    assert spa.broken_promises() == []


def test_activity_since_stays_with_the_record_that_it_was_recorded_with(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"), bought("T2", "M2"))
    merge(spa, "M1", "M2")
    spa.record(bought("T3", "M2", TODAY, 50_000))
    separate(spa)
    assert place(spa, "M1") == ("crystal", 100_000, 1, 1)
    assert place(spa, "M2") == ("crystal", 150_000, 2, 2)
    [again] = spa.record(bought("T1", "M1"))
    assert again.replayed
    assert spa.broken_promises() == []


def test_the_target_stands_where_it_stood_unless_it_moved_since(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", spend_minor=300_000))
    merge(spa, "M1", "M2")
    spa.record(bought("T2", "M2", TODAY, 700_000))
    assert place(spa, "M2")[0] == "platinum"
    source, target = separate(spa)
    assert (source.level, target.level) == ("sapphire", "platinum")
    assert target.counted.spend_minor == 700_000
    assert story(spa.moves("M2"))[-1] == (TODAY, "MERGE_UNDONE", "platinum")
    assert spa.broken_promises() == []


def test_a_review_passed_by_what_both_did_does_not_let_the_target_keep_the_level_of_the_source(
    spa: TierWorld,
) -> None:
    spa.record(bought("T1", "M1", date(2024, 7, 1), 300_000), bought("T2", "M2", SPRING, 200_000))
    merge(spa, "M1", "M2")
    spa.record(bought("T3", "M2", TODAY, 100_000 - 1))
    spa.today = date(2025, 8, 1)
    spa.run_review(date(2025, 7, 31))
    assert [reason for _, reason, _ in story(spa.moves("M2"))] == ["ENROLLED", "MERGED_IN", "GRACE_ENTERED"]
    _, target = separate(spa)
    assert (target.level, target.HasField("grace")) == ("crystal", False)


def test_what_the_target_bought_since_promotes_it_as_if_it_had_been_alone(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", SPRING, 300_000))
    merge(spa, "M1", "M2")
    spa.record(bought("T2", "M2", TODAY, 300_000))
    assert len(spa.moves("M2")) == 2
    _, target = separate(spa)
    assert (target.level, day_from_proto(target.level_since)) == ("sapphire", TODAY)


def test_a_lock_that_staff_set_since_stays(spa: TierWorld) -> None:
    merge(spa, "M1", "M2")
    lock(spa, "M2", locked_until=date(2026, 1, 1))
    source, target = separate(spa)
    assert day_from_proto(target.locked_until) == date(2026, 1, 1)
    assert not source.HasField("locked_until")


def test_the_source_stands_where_it_would_stand_had_it_been_left_alone(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1", date(2024, 9, 1), 300_000), bought("T2", "M3", date(2024, 9, 1), 300_000))
    merge(spa, "M1", "M2")
    spa.today = date(2025, 10, 1)
    spa.record(bought("T4", "M2", date(2025, 9, 1), 400_000))
    source, _ = separate(spa)
    alone = standing_of(spa, "M3")
    for field in ("level", "level_since", "grace", "next_review", "counted", "counted_from"):
        assert getattr(source, field) == getattr(alone, field)
    assert source.HasField("grace")
    assert spa.broken_promises() == []


def test_the_target_is_caught_up_with_its_own_purchases_since(spa: TierWorld) -> None:
    """M2 and M3 live alike but for the merge; the review of M2 fell due while M2 held the level of M1."""
    gold = Level("gold", "Gold", 30_000, Thresholds(points=5_000), Thresholds(points=500), grace_months=1)
    bronze, silver = GAME.levels
    kept = replace(silver, keep=Thresholds(points=50))
    game = replace(GAME, levels=(bronze, kept, gold))
    assert spa.apply(replace(STAFFED, systems=(STAFFED.systems[0], game))) == []
    for member_id in ("M1", "M2", "M3"):
        update(spa, member_id, tier_system="game", request_id=f"to-game-{member_id}")
    spa.record(*(purchase(f"A-{name}", name, TODAY, base_points=700) for name in ("M2", "M3")))
    spa.record(*(purchase(f"B-{name}", name, TODAY, base_points=0, spend_minor=1) for name in ("M2", "M3")))
    spa.record(*(purchase(f"C-{name}", name, TODAY, base_points=700) for name in ("M2", "M3")))
    move(spa, "gold", "M1", locked_until=date(2026, 1, 1))
    assert place(spa, "M2")[0] == place(spa, "M3")[0] == "silver"
    merge(spa, "M1", "M2")
    for number, day in enumerate([date(2025, 7, 15), date(2025, 8, 15)]):
        spa.record(*(purchase(f"D{number}-{name}", name, day, base_points=40) for name in ("M2", "M3")))
    spa.today = date(2025, 9, 2)
    _, target = separate(spa)
    alone = standing_of(spa, "M3")
    assert (target.level, target.level_since) == (alone.level, alone.level_since)
    assert target.counted == alone.counted
    assert target.level == "bronze"
    assert spa.broken_promises() == []


def test_a_lifetime_that_came_with_the_merge_goes_with_it(spa: TierWorld) -> None:
    held_for_life(spa, "M1")
    merge(spa, "M1", "M2")
    source, target = separate(spa)
    assert day_from_proto(source.lifetime_since) == TODAY
    assert (target.level, target.HasField("lifetime_since")) == ("crystal", False)


def test_a_level_that_the_target_keeps_but_had_from_the_source_begins_anew(spa: TierWorld) -> None:
    held_for_life(spa, "M3")
    merge(spa, "M3", "M2")
    assert standing_of(spa, "M2").HasField("lifetime_since")
    merge(spa, "M1", "M2", "merge-2")
    _, target = separate(spa)
    assert (target.level, target.HasField("lifetime_since")) == ("diamond", False)
    assert day_from_proto(target.level_since) == TODAY


def test_chains_of_merges_are_undone_in_reverse_order(spa: TierWorld) -> None:
    for number, name in enumerate(("M1", "M2", "M3")):
        spa.record(bought(f"T{number}", name, spend_minor=100_000 * 10**number // 10))
    before = {name: place(spa, name) for name in ("M1", "M2", "M3")}
    merge(spa, "M1", "M2", "first")
    spa.record(bought("T9", "M2", TODAY, 7))
    merge(spa, "M2", "M3", "second")
    assert place(spa, "M3")[1:] == (10_000 + 100_000 + 1_000_000 + 7, 4, 4)
    assert spa.record(bought("T0", "M1", spend_minor=10_000))[0].replayed
    assert refusal_of(spa, lambda: separate(spa, "first")) == "MEMBER_MERGED"
    assert spa.broken_promises() == []
    separate(spa, "second")
    assert place(spa, "M2")[1:] == (110_007, 3, 3)
    assert place(spa, "M3") == before["M3"]
    assert spa.broken_promises() == []
    separate(spa, "first")
    assert place(spa, "M1") == before["M1"]
    assert place(spa, "M2")[1:] == (100_007, 2, 2)
    assert spa.record(bought("T0", "M1", spend_minor=10_000))[0].replayed
    assert spa.broken_promises() == []


def test_two_records_given_to_one_may_be_taken_back_in_any_order(spa: TierWorld) -> None:
    early = member_pb2.Member(member_id="M4", enrolled_on=day_to_proto(SINCE_BEFORE))
    assert spa.enrol(early) == [("", True)]
    spa.record(bought("T1", "M1"), bought("T4", "M4", spend_minor=300_000), bought("T3", "M3"))
    merge(spa, "M1", "M3", "one")
    merge(spa, "M4", "M3", "other")
    separate(spa, "one")
    assert place(spa, "M1") == ("crystal", 100_000, 1, 1)
    assert place(spa, "M3") == ("sapphire", 400_000, 2, 2)
    separate(spa, "other")
    assert place(spa, "M4") == ("sapphire", 300_000, 1, 1)
    assert place(spa, "M3")[1:] == (100_000, 1, 1)
    assert spa.broken_promises() == []
    assert spa.record(bought("T5", "M3", date(2023, 8, 1)))[0].reason == Reason.DATE_BEFORE_ENROLMENT


def test_what_was_separated_may_be_merged_again(spa: TierWorld) -> None:
    spa.record(bought("T1", "M1"), bought("T2", "M2"))
    merge(spa, "M1", "M2", "first")
    separate(spa, "first")
    merge(spa, "M2", "M1", "second")
    assert place(spa, "M1") == ("crystal", 200_000, 2, 2)
    separate(spa, "second")
    assert spa.record(bought("T1", "M1"), bought("T2", "M2"))[1].replayed
    assert spa.broken_promises() == []
