"""The tables of the bulk engine."""

from enum import IntEnum
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB


class RunState(IntEnum):
    """How far a run has come; numbered as in carat.operations.v1."""

    UNSPECIFIED = 0
    RUNNING = 1
    FINISHED = 2
    CANCELLED = 3
    FAILED = 4


MIGRATIONS: Final = Path(__file__).parents[1] / "migrations"
VERSION_TABLE: Final = "alembic_version_workers"
"""Not the usual name: the service that owns the database counts its own versions there."""

METADATA: Final = sa.MetaData()

BULK_RUN: Final = sa.Table(
    "bulk_run",
    METADATA,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("preview", sa.Boolean, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("parameters", JSONB, nullable=False),
    sa.Column("chunks", sa.Integer, nullable=False),
    sa.Column("plan_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("failure", sa.Text, nullable=False, server_default=""),
    sa.Column(
        "started_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.clock_timestamp()
    ),
    sa.Column("stopped_at", sa.DateTime(timezone=True)),
)
sa.Index("bulk_run_newest", BULK_RUN.c.started_at, BULK_RUN.c.run_id)
sa.Index(
    "bulk_run_one_active_per_job",
    BULK_RUN.c.job,
    unique=True,
    postgresql_where=sa.and_(~BULK_RUN.c.preview, BULK_RUN.c.state != RunState.FINISHED.value),
)

BULK_CHUNK: Final = sa.Table(
    "bulk_chunk",
    METADATA,
    sa.Column("run_id", sa.Text, sa.ForeignKey("bulk_run.run_id"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("first_shard", sa.SmallInteger, nullable=False),
    sa.Column("last_shard", sa.SmallInteger, nullable=False),
    sa.Column("members_planned", sa.BigInteger, nullable=False),
    sa.Column("members_read", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("counts", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
    sa.Column("changes_hash", sa.Text, nullable=False, server_default=""),
    sa.Column("done_at", sa.DateTime(timezone=True)),
)
