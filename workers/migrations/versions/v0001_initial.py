"""The first schema of the bulk engine."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

_FINISHED = 2


def upgrade() -> None:
    """Creates the tables of runs and their chunks."""
    op.create_table(
        "bulk_run",
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
            "started_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.clock_timestamp(),
        ),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
    )
    op.create_index("bulk_run_newest", "bulk_run", ["started_at", "run_id"])
    op.create_index(
        "bulk_run_one_active_per_job",
        "bulk_run",
        ["job"],
        unique=True,
        postgresql_where=sa.text(f"NOT preview AND state <> {_FINISHED}"),
    )
    op.create_table(
        "bulk_chunk",
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


def downgrade() -> None:
    """Removes both tables."""
    op.drop_table("bulk_chunk")
    op.drop_table("bulk_run")
