"""The first schema of the Tier service."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from services.runtime.feed import feed_columns

revision = "0001"
down_revision = None


def _key() -> list[sa.Column[Any]]:
    return [
        sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, primary_key=True),
    ]


def _counts() -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in ("spend", "visits", "points")]


def _required(kind: type[sa.types.TypeEngine[Any]], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _recorded_at(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def upgrade() -> None:
    """Creates the tables of policies, members, standings, activity and moves."""
    op.create_table(
        "policy_revision",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_required(sa.Date, "effective_from"),
        *_required(sa.Text, "digest"),
        *_required(JSONB, "program", "policy"),
        _recorded_at("applied_at"),
    )
    op.create_table(
        "member",
        *_key(),
        *_required(sa.Date, "enrolled_on"),
        *_required(sa.Text, "tier_system"),
        sa.Column("birthday", sa.Date),
    )
    _create_standing()
    _create_activity()
    _create_move()
    op.create_table(
        "tier_system_state",
        sa.Column("system", sa.SmallInteger, primary_key=True, autoincrement=False),
        *_required(sa.Date, "last_reset"),
    )


def _create_standing() -> None:
    op.create_table(
        "standing",
        *_key(),
        *_required(sa.Date, "enrolled_on"),
        *_required(sa.SmallInteger, "system", "level"),
        *_required(sa.Date, "level_since"),
        *[sa.Column(name, sa.Date) for name in ("review_on", "grace_from", "grace_until")],
        *_counts(),
        *_required(sa.Date, "counted_from", "evaluated_on"),
        *_required(sa.BigInteger, "treatments"),
        *_required(sa.Integer, "version"),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("standing_review_due", "standing", ["shard", "review_on"])
    op.create_index(
        "standing_grace_due",
        "standing",
        ["shard", "grace_until"],
        postgresql_where=sa.column("grace_until").is_not(None),
    )


def _create_activity() -> None:
    op.create_table(
        "activity",
        sa.Column("transaction_id", sa.Text, primary_key=True),
        *_required(sa.SmallInteger, "shard"),
        *_required(sa.Text, "member_id"),
        *_required(sa.Date, "occurred_on"),
        *_required(sa.SmallInteger, "property"),
        *_required(sa.BigInteger, "base_micropoints"),
        *_counts(),
        *_required(sa.SmallInteger, "level"),
        *_required(sa.Integer, "level_bp", "property_bp"),
        *_required(sa.BigInteger, "ordinal"),
        *_required(sa.Integer, "revision"),
        *_required(sa.SmallInteger, "move_reason", "level_after", "system"),
        _recorded_at("recorded_at"),
    )
    op.create_table("activity_day", *_key(), sa.Column("day", sa.Date, primary_key=True), *_counts())


def _create_move() -> None:
    op.create_table(
        "move",
        *feed_columns(),
        *_required(sa.SmallInteger, "shard"),
        *_required(sa.Text, "member_id"),
        *_required(sa.Date, "effective_on"),
        *_required(sa.SmallInteger, "system", "from_level", "to_level", "from_rank", "to_rank", "reason"),
        *_required(sa.Integer, "revision"),
        *_counts(),
        sa.Column("grace_until", sa.Date),
        *_required(sa.Text, "transaction_id", "run_id"),
        _recorded_at("recorded_at"),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("move_feed", "move", ["xid", "seq"])
    op.create_index("move_of_member", "move", ["shard", "member_id", "seq"])
    op.create_index("move_of_run", "move", ["run_id", "shard"], postgresql_where=sa.column("run_id") != "")
