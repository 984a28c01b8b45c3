"""Breakdowns of bonuses, ages of points, reversals, redemptions, referrals, pools, followed levels and awards."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ONE_BP = "10000"
_AMOUNTS = ("service_minor", "addon_minor", "product_minor", "package_minor")


def upgrade() -> None:
    """Extends ledger and balances, and adds what the whole Points service keeps beside them."""
    op.add_column("pending_purchase", _counted("package_micropoints"))
    _extend_entry()
    _extend_account()
    _relax_purchase_columns()
    _create_reversal()
    _create_redemption()
    _create_referral_and_pools()
    _create_followed()


def _text(name: str, **given: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False, **given)


def _counted(
    name: str, kind: type[sa.types.TypeEngine[Any]] = sa.BigInteger, default: str = "0"
) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, server_default=default)


def _required(kind: type[sa.types.TypeEngine[Any]], *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _now(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _key() -> list[sa.Column[Any]]:
    return [
        sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, primary_key=True),
    ]


def _extend_entry() -> None:
    """What earlier purchases earned was all multiplied, and earned on their own day."""
    for column in (
        _counted("package_micropoints"),
        sa.Column("lot_on", sa.Date),
        _counted("birthday_multiplier_bp", sa.Integer, _ONE_BP),
        _counted("package_bonus_bp", sa.Integer),
        _counted("multiplied_points"),
        _counted("treatment_every", sa.Integer),
        _counted("treatment_points"),
        _counted("treatment_bonus"),
        _counted("referral_bonus"),
        _text("tier_system", server_default=""),
        _text("related_id", server_default=""),
    ):
        op.add_column("entry", column)
    op.execute("UPDATE entry SET lot_on = occurred_on, multiplied_points = points")
    op.create_table(
        "entry_note",
        sa.Column("transaction_id", sa.Text, primary_key=True),
        _text("actor_id"),
        _text("note"),
    )


def _extend_account() -> None:
    """The ages of points and the last day of activity, as the ledger tells them; levels come with Tier's feed."""
    for column in (
        sa.Column("oldest_on", sa.Date),
        sa.Column("active_on", sa.Date),
        _counted("expirations", sa.Integer),
        _text("tier_system", server_default=""),
        _text("level", server_default=""),
        _counted("level_sequence"),
        _text("merged_into", server_default=""),
        sa.Column("erased", sa.Boolean, nullable=False, server_default=sa.false()),
    ):
        op.add_column("account", column)
    is_given_up = sa.text("merged_into <> ''")
    op.create_index("account_given_up", "account", ["merged_into"], postgresql_where=is_given_up)
    op.execute(
        "UPDATE account SET oldest_on = days.first, active_on = days.last FROM (SELECT shard, member_id,"
        " min(occurred_on) AS first, max(occurred_on) AS last FROM entry GROUP BY shard, member_id) AS days"
        " WHERE account.shard = days.shard AND account.member_id = days.member_id"
    )
    # Levels are told by moves that were followed before anybody looked at levels: the feed is followed anew.
    op.execute("DELETE FROM feed_cursor WHERE feed = 'tier.moves'")


def _relax_purchase_columns() -> None:
    zeros = ("occurred_us", *_AMOUNTS, "treatments", "base_micropoints", "qualifying_spend_minor")
    for table in ("pending_purchase", "entry"):
        for name in zeros:
            op.alter_column(table, name, server_default="0")
        op.alter_column(table, "property_id", server_default="")
    for name in ("level_multiplier_bp", "property_multiplier_bp"):
        op.alter_column("entry", name, server_default=_ONE_BP)
    for name in ("treatment_ordinal", "move_reason", "tier_revision"):
        op.alter_column("entry", name, server_default="0")
    for name in ("level", "level_after"):
        op.alter_column("entry", name, server_default="")


def _create_reversal() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("reversal_seq")))
    op.create_table(
        "reversal",
        sa.Column("reversal_id", sa.Text, primary_key=True),
        _text("credit_note_id", server_default=""),
        *_required(sa.LargeBinary, "payload_hash"),
        *_required(sa.Text, "transaction_id"),
        *_required(sa.SmallInteger, "purchase_shard", "shard"),
        *_required(sa.Text, "member_id"),
        *_required(sa.BigInteger, "occurred_us"),
        *_required(sa.Date, "occurred_on"),
        *_required(sa.Boolean, "everything"),
        *(_counted(name) for name in _AMOUNTS),
        _counted("treatments", sa.Integer),
        *_required(sa.BigInteger, "base_micropoints", "package_micropoints", "qualifying_spend_minor", "seq"),
        *_required(sa.SmallInteger, "state"),
        sa.Column("waiting", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("refused_reason", sa.SmallInteger),
        *(_counted(name) for name in ("multiplied_points", "treatment_bonus", "referral_bonus")),
        _text("level_after", server_default=""),
        _counted("move_reason", sa.SmallInteger),
        _now("accepted_at"),
        comment="Refunds, accepted for good before Tier is asked; state: 1 pending, 2 posted, 3 refused",
    )
    op.create_index("reversal_of_purchase", "reversal", ["transaction_id"])
    is_part = sa.text("credit_note_id <> ''")
    op.create_index("reversal_of_note", "reversal", ["credit_note_id"], postgresql_where=is_part)
    op.create_index("reversal_in_order", "reversal", ["seq"], postgresql_where=sa.text("state <> 2"))


def _create_redemption() -> None:
    op.create_table(
        "redemption",
        sa.Column("redemption_id", sa.Text, primary_key=True),
        *_required(sa.LargeBinary, "payload_hash"),
        *_required(sa.SmallInteger, "shard"),
        *_required(sa.Text, "member_id", "redeemed_by"),
        *_required(sa.BigInteger, "points", "value_minor"),
        *_required(sa.SmallInteger, "state"),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        *(_counted(name) for name in ("captured_points", "captured_value_minor", "reversed_points")),
        *_required(sa.Date, "occurred_on"),
        *_required(sa.Integer, "points_revision"),
        _now("authorised_at"),
        comment="Payments by points; `member_id` names the account that pays, `redeemed_by` the member who does",
    )
    held = sa.text("state = 1")
    op.create_index("redemption_held", "redemption", ["shard", "member_id"], postgresql_where=held)


def _create_referral_and_pools() -> None:
    op.create_table(
        "referral",
        sa.Column("friend_id", sa.Text, primary_key=True),
        _text("referrer_id"),
        *_required(sa.Date, "recorded_on"),
        _text("paid_by", server_default=""),
        _counted("points"),
        _counted("payments", sa.Integer),
        _now("recorded_at"),
    )
    op.create_index("referral_of_referrer", "referral", ["referrer_id"])
    op.create_table("pool", sa.Column("pool_id", sa.Text, primary_key=True), _now("founded_at"))
    op.create_table(
        "pool_member",
        sa.Column("member_id", sa.Text, primary_key=True),
        _text("pool_id"),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
    )
    op.create_index("pool_member_of_pool", "pool_member", ["pool_id", "seq"])


def _create_followed() -> None:
    op.create_table(
        "level_change",
        *_key(),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        *_required(sa.Date, "effective_on"),
        *_required(sa.Text, "from_system", "from_level", "to_system", "to_level"),
    )
    op.create_table(
        "waiting_award",
        sa.Column("award_id", sa.Text, primary_key=True),
        *_required(sa.Text, "member_id", "code", "actor_id", "note"),
        *_required(sa.BigInteger, "points"),
        *_required(sa.Date, "awarded_on"),
        comment="Awards of members whose accounts are not open yet",
    )
    op.create_index("waiting_award_of_member", "waiting_award", ["member_id"])
