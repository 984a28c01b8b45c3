"""The tables of the Tier service's own database."""

from typing import Final

import sqlalchemy as sa

from services.runtime.feed import feed_columns
from services.runtime.revisions import revision_table

METADATA: Final = sa.MetaData()

POLICY_REVISION: Final = revision_table(METADATA)


def _member_key() -> tuple[sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, primary_key=True),
    )


def _counts() -> tuple[sa.Column[int], ...]:
    return tuple(sa.Column(name, sa.BigInteger, nullable=False) for name in ("spend", "visits", "points"))


MEMBER: Final = sa.Table(
    "member",
    METADATA,
    *_member_key(),
    sa.Column("enrolled_on", sa.Date, nullable=False),
    sa.Column("tier_system", sa.Text, nullable=False),
    sa.Column("birthday", sa.Date),
)

STANDING: Final = sa.Table(
    "standing",
    METADATA,
    *_member_key(),
    sa.Column("enrolled_on", sa.Date, nullable=False),
    sa.Column("system", sa.SmallInteger, nullable=False),
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.Column("level_since", sa.Date, nullable=False),
    sa.Column("review_on", sa.Date),
    sa.Column("grace_from", sa.Date),
    sa.Column("grace_until", sa.Date),
    *_counts(),
    sa.Column("counted_from", sa.Date, nullable=False),
    sa.Column("evaluated_on", sa.Date, nullable=False),
    sa.Column("treatments", sa.BigInteger, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    postgresql_with={"fillfactor": "70"},
)
sa.Index("standing_review_due", STANDING.c.shard, STANDING.c.review_on)
sa.Index(
    "standing_grace_due",
    STANDING.c.shard,
    STANDING.c.grace_until,
    postgresql_where=STANDING.c.grace_until.is_not(None),
)

ACTIVITY: Final = sa.Table(
    "activity",
    METADATA,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("property", sa.SmallInteger, nullable=False),
    sa.Column("base_micropoints", sa.BigInteger, nullable=False),
    *_counts(),
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.Column("level_bp", sa.Integer, nullable=False),
    sa.Column("property_bp", sa.Integer, nullable=False),
    sa.Column("ordinal", sa.BigInteger, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("move_reason", sa.SmallInteger, nullable=False),
    sa.Column("level_after", sa.SmallInteger, nullable=False),
    sa.Column("system", sa.SmallInteger, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)

ACTIVITY_DAY: Final = sa.Table(
    "activity_day",
    METADATA,
    *_member_key(),
    sa.Column("day", sa.Date, primary_key=True),
    *_counts(),
)

MOVE: Final = sa.Table(
    "move",
    METADATA,
    *feed_columns(),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("system", sa.SmallInteger, nullable=False),
    sa.Column("from_level", sa.SmallInteger, nullable=False),
    sa.Column("to_level", sa.SmallInteger, nullable=False),
    sa.Column("from_rank", sa.SmallInteger, nullable=False),
    sa.Column("to_rank", sa.SmallInteger, nullable=False),
    sa.Column("reason", sa.SmallInteger, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    *_counts(),
    sa.Column("grace_until", sa.Date),
    sa.Column("transaction_id", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.PrimaryKeyConstraint("seq"),
)
sa.Index("move_feed", MOVE.c.xid, MOVE.c.seq)
sa.Index("move_of_member", MOVE.c.shard, MOVE.c.member_id, MOVE.c.seq)
sa.Index("move_of_run", MOVE.c.run_id, MOVE.c.shard, postgresql_where=MOVE.c.run_id != "")

TIER_SYSTEM_STATE: Final = sa.Table(
    "tier_system_state",
    METADATA,
    sa.Column("system", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("last_reset", sa.Date, nullable=False),
)
