"""An append-only feed in one service, followed by another from a cursor that it stores with its effects.

Rows are read in the order (xid, seq), and only below the oldest transaction still under way: transactions that
commit out of order are never passed over.
"""

import re
from typing import Any, Final

import sqlalchemy as sa

_CURSOR: Final = re.compile(r"([0-9]{1,20})\.([0-9]{1,19})")
_XIDS: Final = 2**64
_SEQS: Final = 2**63


class _Xid8(sa.types.UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id; never wraps around."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


class CursorInvalid(ValueError):
    """A feed cursor that no service ever gave."""


def feed_columns() -> tuple[sa.Column[Any], sa.Column[Any]]:
    """The two columns that make a table a feed; index them together."""
    return (
        sa.Column("xid", _Xid8(), nullable=False, server_default=sa.text("pg_current_xact_id()")),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
    )


def cursor_of(table: sa.Table) -> sa.Label[str]:
    """The cursor of a feed row, as a selected column named `cursor`."""
    return sa.func.concat(sa.cast(table.c.xid, sa.Text), ".", sa.cast(table.c.seq, sa.Text)).label("cursor")


def after_cursor(statement: sa.Select[Any], table: sa.Table, cursor: str, limit: int) -> sa.Select[Any]:
    """The feed rows that come after the cursor ('' is the beginning) and are safe to read, in feed order.

    Raises CursorInvalid for a cursor of another shape.
    """
    xid, seq = _parsed(cursor)
    oldest_under_way = sa.func.pg_snapshot_xmin(sa.func.pg_current_snapshot())
    return (
        statement.where(table.c.xid < oldest_under_way)
        .where(sa.tuple_(table.c.xid, table.c.seq) > sa.tuple_(sa.cast(xid, _Xid8()), sa.literal(seq)))
        .order_by(table.c.xid, table.c.seq)
        .limit(limit)
    )


def end_of(table: sa.Table) -> sa.Select[Any]:
    """The cursor of the last feed row that is committed; no row where there is none."""
    return sa.select(cursor_of(table)).order_by(table.c.xid.desc(), table.c.seq.desc()).limit(1)


def is_reached(cursor: str, stands_at: str) -> bool:
    """Whether a follower who stands somewhere has come as far as a cursor. Raises CursorInvalid."""
    (xid, seq), (xid_there, seq_there) = _parsed(cursor), _parsed(stands_at)
    return (int(xid_there), seq_there) >= (int(xid), seq)


def _parsed(cursor: str) -> tuple[str, int]:
    parts = _CURSOR.fullmatch(cursor or "0.0")
    if parts is None or int(parts[1]) >= _XIDS or int(parts[2]) >= _SEQS:
        raise CursorInvalid(cursor)
    return parts[1], int(parts[2])


def cursor_table(metadata: sa.MetaData) -> sa.Table:
    """Where this service stands in each feed that it follows."""
    return sa.Table(
        "feed_cursor",
        metadata,
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
    )


def read_cursor(connection: sa.Connection, table: sa.Table, feed: str) -> str:
    """The cursor up to which a feed's effects are in this database; '' is the beginning."""
    return connection.scalar(sa.select(table.c.cursor).where(table.c.feed == feed)) or ""
