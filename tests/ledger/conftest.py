"""The databases of the session, Points and Tier."""

from tests.points.conftest import migrated
from tests.tier.fixtures import tier_database, tier_world

__all__ = ["migrated", "tier_database", "tier_world"]
