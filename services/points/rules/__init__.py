"""What the Points service decides: pure functions over whole columns."""
