"""Reads into columns and records of decisions, on the Tier service's own database."""
