"""A spa with two members on 1 June 2025, and edits of its levels."""

from datetime import date
from typing import Any

from carat.tier.v1 import member_pb2, revision_pb2
from services.runtime.program_messages import day_to_proto
from services.tier.policy_document import Level, Thresholds, TierPolicy
from tests.tier.calls import asked
from tests.tier.policies import POLICY, SPA_LEVELS, with_sapphire, with_spa
from tests.tier.world import TierWorld, purchase

TODAY = date(2025, 6, 1)
SUMMER = (date(2025, 7, 1), date(2025, 8, 1))
PEARL = Level("pearl", "Pearl", 11_000, Thresholds(100_000, 5))
CRYSTAL, SAPPHIRE, PLATINUM = SPA_LEVELS
WITH_PEARL = with_spa(levels=(CRYSTAL, PEARL, SAPPHIRE, PLATINUM))
GENEROUS = with_sapphire(multiplier_bp=20_000)


def spa_of_two(world: TierWorld) -> TierWorld:
    """On 1 June, M1 is Sapphire and M2 is Crystal."""
    world.today = TODAY
    assert world.apply(POLICY) == []
    for member_id in ("M1", "M2"):
        joined = member_pb2.Member(member_id=member_id, enrolled_on=day_to_proto(date(2025, 1, 10)))
        assert world.enrol(joined) == [("", True)]
    world.record(purchase("T1", "M1", date(2025, 2, 1), spend_minor=300_000))
    assert level_of(world, "M1") == "sapphire"
    return world


def level_of(world: TierWorld, member_id: str, on: date | None = None) -> str:
    standing = world.standing(member_id, on or world.today)
    assert not isinstance(standing, str)
    return standing.level


def earned(world: TierWorld, on: date, member_id: str = "M1") -> tuple[int, int]:
    """The points for a treatment of RM100 and the revision that priced it."""
    world.today = max(on, world.today)
    [result] = world.record(purchase(f"{member_id}-{on}", member_id, on, visits=1, base_points=100))
    assert result.reason == 0
    return result.points, result.revision


def cancelled(world: TierWorld, number: int) -> Any:
    return asked(world, "CancelRevision", revision_pb2.CancelRevisionRequest(number=number)).revision


def apply_in_summer(world: TierWorld, policy: TierPolicy = GENEROUS) -> list[str]:
    applied = world.applied(policy, SUMMER[0], effective_until=SUMMER[1])
    return [violation.rule.name for violation in applied.violations]
