"""LuxeSpa as Tier sees it: multipliers by level and birthday month, and a bonus on packages."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from carat.tier.v1 import member_pb2
from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import EnrolmentMode, Level, Thresholds, TierPolicy
from tests.tier.policies import with_spa
from tests.tier.staff_world import move
from tests.tier.world import Result, TierWorld, purchase

LEVELS: Final = (
    Level("crystal", "Crystal", birthday_multiplier_bp=20_000),
    Level("sapphire", "Sapphire", 12_500, Thresholds(300_000, 15), birthday_multiplier_bp=30_000),
    Level(
        "platinum", "Platinum", 15_000, Thresholds(1_000_000, 30), birthday_multiplier_bp=50_000,
        package_bonus_bp=1_000,
    ),
    Level(
        "diamond", "Diamond", 20_000, Thresholds(2_500_000, 60), birthday_multiplier_bp=100_000,
        package_bonus_bp=2_000,
    ),
)  # fmt: skip
BORN: Final = date(1988, 2, 29)
TODAY: Final = date(2025, 6, 1)


def celebrating(**changed: Any) -> TierPolicy:
    """The policy with LuxeSpa's levels, whom an unknown id joins by its first purchase."""
    return replace(
        with_spa(**{"levels": LEVELS, **changed}),
        enrolment=EnrolmentMode.ON_FIRST_PURCHASE,
    )


def spa_with(
    world: TierWorld, *members: tuple[str, str, date | None], policy: TierPolicy | None = None
) -> TierWorld:
    """Members since January 2024 on their levels since June, each with id, level and birthday."""
    world.today = date(2024, 6, 10)
    assert world.apply(policy or celebrating()) == []
    for member_id, level, born in members:
        birthday = None if born is None else day_to_proto(born)
        joined = member_pb2.Member(
            member_id=member_id, enrolled_on=day_to_proto(date(2024, 1, 10)), birthday=birthday
        )
        assert world.enrol(joined) == [("", True)]
        if level != "crystal":
            assert move(world, level, member_id, request_id=f"place-{member_id}").level == level
    world.today = TODAY
    return world


def bought_for(
    world: TierWorld, member_id: str, days: Sequence[date], base_points: int = 100, **given: Any
) -> list[Result]:
    """One purchase on each of the days."""
    results = world.record(
        *(purchase(f"{member_id}-{day}", member_id, day, base_points=base_points, **given) for day in days)
    )
    assert [result.reason for result in results] == [0] * len(days)
    return results
