"""Reads columns from the database of Benefits and records decisions in it."""
