"""Runs the migrations of the Benefits database."""

from services.runtime.migrate import run_migrations

run_migrations()
