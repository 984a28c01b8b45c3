"""The tables of the Tier service's own database."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel.exact import ONE_BP
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
    sa.Column("merged_into", sa.Text, nullable=False, server_default=""),
    sa.Column("erased_on", sa.Date),
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
    sa.Column("touched_on", sa.Date),
    sa.Column("kept_until", sa.Date),
    sa.Column("held_until", sa.Date),
    sa.Column("lifetime_since", sa.Date),
    sa.Column("active_on", sa.Date, nullable=False),
    sa.Column("inactive_since", sa.Date),
    *_counts(),
    sa.Column("counted_from", sa.Date, nullable=False),
    sa.Column("evaluated_on", sa.Date, nullable=False),
    sa.Column("treatments", sa.BigInteger, nullable=False),
    sa.Column("birth_month", sa.SmallInteger, nullable=False, server_default="0"),
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
    sa.Column("package_micropoints", sa.BigInteger, nullable=False, server_default="0"),
    *_counts(),
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.Column("level_bp", sa.Integer, nullable=False),
    sa.Column("birthday_bp", sa.Integer, nullable=False, server_default=str(ONE_BP)),
    sa.Column("package_bonus_bp", sa.Integer, nullable=False, server_default="0"),
    sa.Column("property_bp", sa.Integer, nullable=False),
    sa.Column("ordinal", sa.BigInteger, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("move_reason", sa.SmallInteger, nullable=False),
    sa.Column("level_after", sa.SmallInteger, nullable=False),
    sa.Column("system", sa.SmallInteger, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    # The merge that took it from the record that it was recorded with to another of the same member.
    sa.Column("merged_by", sa.Text),
)
# Nearly free, as rows come in by day: with the days of a member it leads to the member's rows.
sa.Index("activity_by_day", ACTIVITY.c.occurred_on, postgresql_using="brin")

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
    sa.Column("level_since", sa.Date, nullable=False),
    sa.Column("locked_until", sa.Date),
    sa.Column("touchpoint", sa.SmallInteger, nullable=False),
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

REVISION_RANGE: Final = sa.Table(
    "revision_range",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("effective_until", sa.Date),
    sa.Column("cancelled_at", sa.DateTime(timezone=True)),
)

PROPERTY_EDIT: Final = sa.Table(
    "property_edit",
    METADATA,
    sa.Column("number", sa.Integer, sa.Identity(always=True), primary_key=True),
    sa.Column("property_id", sa.Text, nullable=False),
    sa.Column("multiplier_bp", sa.Integer, nullable=False),
    sa.Column("effective_from", sa.Date, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)

REVERSAL: Final = sa.Table(
    "reversal",
    METADATA,
    sa.Column("reversal_id", sa.Text, primary_key=True),
    sa.Column("transaction_id", sa.Text, nullable=False),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("everything", sa.Boolean, nullable=False),
    sa.Column("base_micropoints", sa.BigInteger, nullable=False),
    sa.Column("package_micropoints", sa.BigInteger, nullable=False, server_default="0"),
    *_counts(),
    sa.Column("move_reason", sa.SmallInteger, nullable=False),
    sa.Column("level_after", sa.SmallInteger, nullable=False),
    sa.Column("system", sa.SmallInteger, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)
sa.Index("reversal_of_transaction", REVERSAL.c.transaction_id)
sa.Index("reversal_of_member", REVERSAL.c.shard, REVERSAL.c.member_id)

STAFF_ACT: Final = sa.Table(
    "staff_act",
    METADATA,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("kind", sa.SmallInteger, nullable=False),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("details", JSONB, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
)
sa.Index("staff_act_newest", STAFF_ACT.c.seq)
sa.Index("staff_act_of_member", STAFF_ACT.c.shard, STAFF_ACT.c.member_id, STAFF_ACT.c.seq)

INVITATION: Final = sa.Table(
    "invitation",
    METADATA,
    sa.Column("invitation_id", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("system", sa.SmallInteger, nullable=False),
    sa.Column("level", sa.SmallInteger, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_on", sa.Date, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False, server_default=""),
    sa.Column("expires_on", sa.Date, nullable=False),
)
sa.Index("invitation_newest", INVITATION.c.seq)
sa.Index("invitation_of_member", INVITATION.c.shard, INVITATION.c.member_id, INVITATION.c.seq)
sa.Index(
    "invitation_one_open",
    INVITATION.c.shard,
    INVITATION.c.member_id,
    unique=True,
    postgresql_where=INVITATION.c.state.in_((1, 2)),
)

STATUS_GIFT: Final = sa.Table(
    "status_gift",
    METADATA,
    *_member_key(),
    sa.Column("recipient_member_id", sa.Text, nullable=False),
    sa.Column("given_on", sa.Date, nullable=False),
)

MEMBER_MERGE: Final = sa.Table(
    "member_merge",
    METADATA,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("source_member_id", sa.Text, nullable=False),
    sa.Column("target_member_id", sa.Text, nullable=False),
    sa.Column("merged_on", sa.Date, nullable=False),
    # Both records as they were, so that they can be separated again.
    sa.Column("before", JSONB, nullable=False),
    sa.Column("undone_on", sa.Date),
)
sa.Index("member_merge_by_source", MEMBER_MERGE.c.source_member_id)
sa.Index("member_merge_by_target", MEMBER_MERGE.c.target_member_id)

COMPOSITION: Final = sa.Table(
    "composition",
    METADATA,
    sa.Column("run_id", sa.Text, primary_key=True),
    sa.Column("system", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
    *[
        sa.Column(name, sa.BigInteger, nullable=False)
        for name in ("members", "in_grace", "at_risk", "inactive")
    ],
)

COMPOSITION_DAY: Final = sa.Table(
    "composition_day",
    METADATA,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("run_id", sa.Text, nullable=False),
)
