"""Runs and their chunks, as rows in the database of the service that owns the job's effects."""

import sqlalchemy as sa

Connection = sa.Connection
"""A connection inside a transaction; jobs hand it on to a store and know no more of it."""
