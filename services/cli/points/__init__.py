"""`carat points`: what members and staff do with points that are not earned at a till."""
