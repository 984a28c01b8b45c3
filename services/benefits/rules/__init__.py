"""The rules of Benefits: pure functions over whole columns."""
