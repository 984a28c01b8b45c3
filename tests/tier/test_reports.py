"""Reports, computed by hand: members by level over time, risk, grace by days left, and the objectives."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from google.type import date_pb2

from carat.tier.v1 import member_pb2, report_pb2, reversal_pb2
from services.runtime.program_messages import day_from_proto, day_to_proto
from services.runtime.refusal import Refused
from services.tier.refusals import Reason
from services.tier.tables import MEMBER, STANDING
from tests.tier.calls import asked
from tests.tier.policies import GAME, POLICY, SPA
from tests.tier.snapshots import take_snapshot
from tests.tier.world import TierWorld, purchase

TODAY = date(2025, 6, 1)
JOINED = date(2023, 1, 10)
NO_DAY = date_pb2.Date(year=2025, month=2, day=30)


def member(member_id: str, tier_system: str = "spa") -> member_pb2.Member:
    return member_pb2.Member(member_id=member_id, enrolled_on=day_to_proto(JOINED), tier_system=tier_system)


def bought(world: TierWorld, member_id: str, on: date, spend_minor: int, visits: int = 1) -> None:
    """A purchase named after its member and day."""
    item = purchase(f"{member_id}-{on}", member_id, on, spend_minor=spend_minor, visits=visits, base_points=1)
    assert [result.reason for result in world.record(item)] == [0]


@pytest.fixture
def spa(tier_world: TierWorld) -> TierWorld:
    """A is Sapphire and B Platinum since summer 2023; C to F and H are Crystal, G plays the game."""
    tier_world.today = TODAY
    assert tier_world.apply(POLICY) == []
    tier_world.enrol(*(member(name) for name in "ABCDEFH"), member("G", "game"))
    bought(tier_world, "F", date(2023, 5, 31), 5_000)
    bought(tier_world, "E", date(2023, 6, 1), 5_000)
    bought(tier_world, "A", date(2023, 7, 1), 300_000)
    bought(tier_world, "B", date(2023, 8, 1), 1_000_000)
    bought(tier_world, "D", date(2024, 5, 31), 5_000)
    bought(tier_world, "A", date(2024, 6, 1), 10_000)
    bought(tier_world, "C", date(2024, 9, 1), 20_000, visits=2)
    bought(tier_world, "E", date(2024, 12, 24), 50_000)
    bought(tier_world, "G", date(2025, 1, 1), 99_000)
    bought(tier_world, "D", date(2025, 5, 31), 6_000)
    bought(tier_world, "C", date(2025, 6, 1), 1_000)
    return tier_world


def reverse(world: TierWorld, transaction_id: str, **taken: Any) -> None:
    item = reversal_pb2.ReversalItem(
        reversal_id=f"R-{transaction_id}",
        transaction_id=transaction_id,
        occurred_on=day_to_proto(TODAY),
        **taken,
    )
    request = reversal_pb2.ReverseActivitiesRequest(reversals=[item])
    [result] = asked(world, "ReverseActivities", request).results
    assert result.reason == 0


def objectives(world: TierWorld, **request: Any) -> report_pb2.GetObjectivesResponse:
    answer: report_pb2.GetObjectivesResponse = asked(
        world, "GetObjectives", report_pb2.GetObjectivesRequest(**request)
    )
    return answer


def retentions(response: report_pb2.GetObjectivesResponse) -> list[tuple[str, int, int]]:
    return [(level.level, level.members, level.retained) for level in response.retentions]


def test_objectives_are_those_computed_by_hand(spa: TierWorld) -> None:
    found = objectives(spa)
    assert (day_from_proto(found.first), day_from_proto(found.last)) == (date(2024, 6, 1), date(2025, 5, 31))
    assert retentions(found) == [("crystal", 5, 3), ("sapphire", 1, 1), ("platinum", 1, 0)]
    assert (found.members_before, found.churned) == (4, 1)
    assert (found.spend_minor, found.top_two_spend_minor) == (86_000, 10_000)
    assert (found.active_members, found.visits) == (4, 5)


def test_a_purchase_counts_for_what_reversals_left_of_it_and_not_at_all_where_they_left_nothing(
    spa: TierWorld,
) -> None:
    reverse(spa, "E-2024-12-24", qualifying_spend_minor=20_000)
    reverse(spa, "D-2025-05-31", everything=True)
    reverse(spa, "C-2024-09-01", visits=1)
    reverse(spa, "A-2024-06-01", qualifying_spend_minor=10_000, visits=1, base_micropoints=10**6)
    found = objectives(spa)
    assert retentions(found) == [("crystal", 5, 2), ("sapphire", 1, 0), ("platinum", 1, 0)]
    assert (found.members_before, found.churned) == (4, 3)
    assert (found.spend_minor, found.top_two_spend_minor) == (50_000, 0)
    assert (found.active_members, found.visits) == (2, 2)


def test_who_was_merged_into_a_member_who_buys_is_retained(spa: TierWorld) -> None:
    merged = sa.update(MEMBER).where(MEMBER.c.member_id == "H").values(merged_into="C")
    spa.database.transact(lambda connection: connection.execute(merged))
    assert retentions(objectives(spa))[0] == ("crystal", 5, 4)


def test_objectives_end_on_the_day_asked_for(spa: TierWorld) -> None:
    found = objectives(spa, tier_system="spa", last=day_to_proto(TODAY))
    assert day_from_proto(found.first) == date(2024, 6, 2)
    assert (found.spend_minor, found.top_two_spend_minor, found.active_members) == (77_000, 0, 3)
    assert objectives(spa, tier_system="game").spend_minor == 99_000


def test_the_only_system_need_not_be_named(tier_world: TierWorld) -> None:
    tier_world.today = TODAY
    assert tier_world.apply(replace(POLICY, systems=(SPA,), default_system="")) == []
    assert retentions(objectives(tier_world)) == [("crystal", 0, 0), ("sapphire", 0, 0), ("platinum", 0, 0)]


def composition(world: TierWorld, first: date, last: date, **named: Any) -> list[tuple[Any, ...]]:
    request = report_pb2.GetCompositionRequest(first=day_to_proto(first), last=day_to_proto(last), **named)
    return [
        (day_from_proto(line.day), line.tier_system, line.level, line.rank, line.members, line.at_risk)
        for line in asked(world, "GetComposition", request).compositions
    ]


MARCH, MAY = date(2025, 3, 1), date(2025, 5, 31)


def test_growth_tells_every_level_of_every_day_that_has_a_snapshot(spa: TierWorld) -> None:
    take_snapshot(spa, MARCH)
    take_snapshot(spa, MAY)
    assert composition(spa, MAY, MAY) == [
        (MAY, "spa", "crystal", 0, 6, 0),
        (MAY, "spa", "sapphire", 1, 1, 1),
        (MAY, "spa", "platinum", 2, 0, 0),
        (MAY, "game", "bronze", 0, 1, 0),
        (MAY, "game", "silver", 1, 0, 0),
    ]
    assert [line[0] for line in composition(spa, MARCH, TODAY)] == [MARCH] * 5 + [MAY] * 5


def test_growth_tells_of_any_subset_of_levels_and_systems(spa: TierWorld) -> None:
    take_snapshot(spa, MAY)
    assert [line[1:3] for line in composition(spa, MAY, MAY, levels=["crystal", "silver"])] == [
        ("spa", "crystal"),
        ("game", "silver"),
    ]
    assert [line[2] for line in composition(spa, MAY, MAY, tier_systems=["game"])] == ["bronze", "silver"]


def test_days_without_a_snapshot_are_left_out(spa: TierWorld) -> None:
    take_snapshot(spa, MAY)
    assert composition(spa, MARCH, date(2025, 5, 30)) == []


def test_risk_is_told_from_the_latest_snapshot(spa: TierWorld) -> None:
    take_snapshot(spa, MARCH)
    take_snapshot(spa, MAY)
    response = asked(spa, "GetRisk", report_pb2.GetRiskRequest(tier_system="spa"))
    assert day_from_proto(response.day) == MAY
    assert [(risk.level, risk.at_risk, risk.safe) for risk in response.risks] == [
        ("crystal", 0, 6),
        ("sapphire", 1, 0),
        ("platinum", 0, 0),
    ]


def test_grace_is_told_by_days_left_fewest_first(spa: TierWorld) -> None:
    spa.run_review(date(2024, 8, 1))
    put(spa, "A", grace_until=date(2025, 6, 1))
    put(spa, "B", grace_until=date(2025, 6, 11))
    assert grace(spa) == [(0, "sapphire", 1), (10, "platinum", 1)]
    put(spa, "A", kept_until=date(2025, 6, 15))
    assert grace(spa) == [(10, "platinum", 1), (14, "sapphire", 1)]
    assert grace(spa, "game") == []
    spa.today = date(2025, 6, 20)
    assert grace(spa) == [(-9, "platinum", 1), (-5, "sapphire", 1)]


def put(world: TierWorld, member_id: str, **days: date) -> None:
    """Writes days into a member's standing."""
    update = sa.update(STANDING).where(STANDING.c.member_id == member_id).values(**days)
    world.database.transact(lambda connection: connection.execute(update))


def grace(world: TierWorld, tier_system: str = "") -> list[tuple[int, str, int]]:
    response = asked(world, "GetGraceReport", report_pb2.GetGraceReportRequest(tier_system=tier_system))
    return [(count.days_left, count.level, count.members) for count in response.counts]


def range_of(first: date | date_pb2.Date | None, last: date | date_pb2.Date | None, **named: Any) -> Any:
    days = [day_to_proto(day) if isinstance(day, date) else day for day in (first, last)]
    return report_pb2.GetCompositionRequest(first=days[0], last=days[1], **named)


def year_until(last: date | date_pb2.Date, **named: Any) -> Any:
    day = day_to_proto(last) if isinstance(last, date) else last
    return report_pb2.GetObjectivesRequest(last=day, **named)


@pytest.mark.parametrize(
    ("rpc", "request_", "reason"),
    [
        ("GetComposition", range_of(MAY, MARCH), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetComposition", range_of(MAY, date(2025, 6, 2)), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetComposition", range_of(date(2024, 4, 26), TODAY), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetComposition", range_of(date(1969, 12, 31), date(1970, 1, 2)), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetComposition", range_of(NO_DAY, TODAY), Reason.DATE_MUST_BE_VALID),
        ("GetComposition", range_of(MAY, None), Reason.DATE_MUST_BE_VALID),
        ("GetComposition", range_of(MAY, TODAY, tier_systems=["spa", "x"]), Reason.TIER_SYSTEM_UNKNOWN),
        ("GetComposition", range_of(MAY, TODAY, levels=["diamond"]), Reason.LEVEL_UNKNOWN),
        (
            "GetComposition",
            range_of(MAY, TODAY, tier_systems=["game"], levels=["crystal"]),
            Reason.LEVEL_UNKNOWN,
        ),
        ("GetComposition", range_of(NO_DAY, TODAY, levels=["diamond"]), Reason.DATE_MUST_BE_VALID),
        ("GetRisk", report_pb2.GetRiskRequest(), Reason.SNAPSHOT_REQUIRED),
        ("GetRisk", report_pb2.GetRiskRequest(tier_system="x"), Reason.TIER_SYSTEM_UNKNOWN),
        ("GetGraceReport", report_pb2.GetGraceReportRequest(tier_system="x"), Reason.TIER_SYSTEM_UNKNOWN),
        ("GetObjectives", report_pb2.GetObjectivesRequest(tier_system="x"), Reason.TIER_SYSTEM_UNKNOWN),
        ("GetObjectives", year_until(date(2025, 6, 2)), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetObjectives", year_until(date(9999, 12, 31)), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetObjectives", year_until(date(1970, 12, 30)), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetObjectives", year_until(date(1, 1, 1)), Reason.RANGE_MUST_BE_POSSIBLE),
        ("GetObjectives", year_until(NO_DAY), Reason.DATE_MUST_BE_VALID),
    ],
)
def test_a_report_is_refused(spa: TierWorld, rpc: str, request_: Any, reason: Reason) -> None:
    before = spa.snapshot()
    with pytest.raises(Refused) as refused:
        asked(spa, rpc, request_)
    assert refused.value.reason == reason
    assert spa.snapshot() == before


def test_a_range_of_four_hundred_days_is_possible(spa: TierWorld) -> None:
    assert composition(spa, date(2024, 4, 27), TODAY) == []


def test_of_several_systems_without_a_default_one_must_be_named(tier_world: TierWorld) -> None:
    tier_world.today = TODAY
    assert tier_world.apply(replace(POLICY, systems=(SPA, GAME), default_system="")) == []
    with pytest.raises(Refused) as refused:
        objectives(tier_world)
    assert refused.value.reason == Reason.TIER_SYSTEM_UNKNOWN
