"""Tier and Benefits as Points sees them: what is asked of Tier, and the feeds of both, followed."""
