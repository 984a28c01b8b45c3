"""Alembic's entry: runs on the connection that services.runtime.migrate opened."""

from services.runtime.migrate import run_migrations

run_migrations()
