"""The Tier database of the session."""

from tests.tier.fixtures import tier_database, tier_world

__all__ = ["tier_database", "tier_world"]
