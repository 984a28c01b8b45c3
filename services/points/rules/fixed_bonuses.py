"""Bonuses that no purchase multiplies: for a friend, for a renewal (DECISIONS, Meanings 32 and 33)."""

from services.points.policy import Policy
from services.points.policy_document import LevelBonuses


def decide_referral_bonus(policy: Policy, day: int, tier_system: str, level: str) -> int:
    """Points for who brought a member whose first treatment was on that day, by the level that the one holds."""
    return _bonuses_of(policy, day, tier_system, level).referral_points


def decide_renewal_bonus(policy: Policy, day: int, tier_system: str, level: str) -> int:
    """Points for a level that an anniversary review of that day renewed."""
    return _bonuses_of(policy, day, tier_system, level).renewal_points


def _bonuses_of(policy: Policy, day: int, tier_system: str, level: str) -> LevelBonuses:
    of_revision = policy.bonuses[policy.number_on(day) - 1]
    return of_revision.get((tier_system, level), LevelBonuses(tier_system, level))
