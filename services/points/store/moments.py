"""Reads of several statements that see the database at one moment."""

import sqlalchemy as sa


def see_one_moment(connection: sa.Connection) -> None:
    """Lets all that a transaction reads be as of its first read, and lets it write nothing; said before any other."""
    connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
