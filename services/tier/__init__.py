"""The Tier service: members, their activity, and where they stand."""
