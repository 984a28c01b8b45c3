"""A seeded membership and its purchases, by the million: what the demo and the load tests send."""
