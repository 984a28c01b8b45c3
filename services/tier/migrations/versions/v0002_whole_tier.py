"""Locks, lifetime, inactivity, reversals, staff acts, invitations, gifts, merges, ranges of revisions, snapshots."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def _required(kind: type[sa.types.TypeEngine[Any]], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _recorded_at() -> sa.Column[Any]:
    return sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _key() -> list[sa.Column[Any]]:
    return [
        sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, primary_key=True),
    ]


def upgrade() -> None:
    """Adds what the whole Tier service keeps beside standings, activity and moves."""
    op.add_column("member", sa.Column("merged_into", sa.Text, nullable=False, server_default=""))
    op.add_column("member", sa.Column("erased_on", sa.Date))
    op.add_column("activity", sa.Column("merged_by", sa.Text))
    op.create_index("activity_by_day", "activity", ["occurred_on"], postgresql_using="brin")
    _extend_standing()
    _extend_move()
    _create_policy_tables()
    _create_reversal()
    _create_staff_tables()
    _create_snapshots()


def _extend_standing() -> None:
    for name in ("touched_on", "kept_until", "held_until", "lifetime_since", "active_on", "inactive_since"):
        op.add_column("standing", sa.Column(name, sa.Date))
    op.execute(
        """UPDATE standing s SET active_on = greatest(s.enrolled_on, known.last) FROM (
             SELECT shard, member_id, max(a.occurred_on) AS last
             FROM standing LEFT JOIN (SELECT * FROM activity WHERE visits > 0) a USING (shard, member_id)
             GROUP BY 1, 2) known
           WHERE (known.shard, known.member_id) = (s.shard, s.member_id)"""
    )
    op.alter_column("standing", "active_on", nullable=False)


def _extend_move() -> None:
    for column in (
        sa.Column("level_since", sa.Date),
        sa.Column("locked_until", sa.Date),
        sa.Column("touchpoint", sa.SmallInteger),
    ):
        op.add_column("move", column)
    # Enrolments, promotions and demotions entered a level; the others kept the one entered last.
    op.execute(
        """UPDATE move m SET touchpoint = 0, level_since = known.since FROM (
             SELECT seq, max(effective_on) FILTER (WHERE reason IN (1, 2, 3, 7, 8, 9))
               OVER (PARTITION BY shard, member_id ORDER BY seq) AS since FROM move) known
           WHERE known.seq = m.seq"""
    )
    op.alter_column("move", "level_since", nullable=False)
    op.alter_column("move", "touchpoint", nullable=False)


def _create_policy_tables() -> None:
    op.create_table(
        "revision_range",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("effective_until", sa.Date),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "property_edit",
        sa.Column("number", sa.Integer, sa.Identity(always=True), primary_key=True),
        *_required(sa.Text, "property_id"),
        *_required(sa.Integer, "multiplier_bp"),
        *_required(sa.Date, "effective_from"),
        _recorded_at(),
    )
    # Until now a multiplier was in force as long as the revision that stated it.
    op.execute(
        """INSERT INTO property_edit (property_id, multiplier_bp, effective_from)
           SELECT property ->> 'id', coalesce((property ->> 'multiplier_bp')::int, 10000), effective_from
           FROM policy_revision, jsonb_array_elements(policy -> 'properties') property
           ORDER BY number"""
    )


def _create_reversal() -> None:
    op.create_table(
        "reversal",
        sa.Column("reversal_id", sa.Text, primary_key=True),
        *_required(sa.Text, "transaction_id"),
        *_required(sa.SmallInteger, "shard"),
        *_required(sa.Text, "member_id"),
        *_required(sa.Date, "occurred_on"),
        *_required(sa.Boolean, "everything"),
        *_required(sa.BigInteger, "base_micropoints", "spend", "visits", "points"),
        *_required(sa.SmallInteger, "move_reason", "level_after", "system"),
        _recorded_at(),
    )
    op.create_index("reversal_of_transaction", "reversal", ["transaction_id"])
    op.create_index("reversal_of_member", "reversal", ["shard", "member_id"])


def _create_staff_tables() -> None:
    op.create_table(
        "staff_act",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_required(sa.SmallInteger, "kind", "shard"),
        *_required(sa.Text, "member_id", "actor_id", "note"),
        *_required(sa.Date, "effective_on"),
        *_required(JSONB, "details"),
        _recorded_at(),
    )
    op.create_index("staff_act_newest", "staff_act", ["seq"])
    op.create_index("staff_act_of_member", "staff_act", ["shard", "member_id", "seq"])
    op.create_table(
        "invitation",
        sa.Column("invitation_id", sa.Text, primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
        *_required(sa.SmallInteger, "shard"),
        *_required(sa.Text, "member_id"),
        *_required(sa.SmallInteger, "system", "level", "state"),
        *_required(sa.Text, "proposed_by"),
        *_required(sa.Date, "proposed_on"),
        sa.Column("approved_by", sa.Text, nullable=False, server_default=""),
        *_required(sa.Date, "expires_on"),
    )
    op.create_index("invitation_newest", "invitation", ["seq"])
    op.create_index("invitation_of_member", "invitation", ["shard", "member_id", "seq"])
    op.create_index(
        "invitation_one_open",
        "invitation",
        ["shard", "member_id"],
        unique=True,
        postgresql_where=sa.column("state").in_((1, 2)),
    )
    op.create_table(
        "status_gift", *_key(), *_required(sa.Text, "recipient_member_id"), *_required(sa.Date, "given_on")
    )
    op.create_table(
        "member_merge",
        sa.Column("request_id", sa.Text, primary_key=True),
        *_required(sa.Text, "source_member_id", "target_member_id"),
        *_required(sa.Date, "merged_on"),
        *_required(JSONB, "before"),
        sa.Column("undone_on", sa.Date),
    )
    for side in ("source", "target"):
        op.create_index(f"member_merge_by_{side}", "member_merge", [f"{side}_member_id"])


def _create_snapshots() -> None:
    op.create_table(
        "composition",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("system", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
        *_required(sa.BigInteger, "members", "in_grace", "at_risk", "inactive"),
    )
    op.create_table(
        "composition_day", sa.Column("day", sa.Date, primary_key=True), *_required(sa.Text, "run_id")
    )
