"""Runs the migrations of the Points database."""

from services.runtime.migrate import run_migrations

run_migrations()
