"""The tables of the Points service's own database."""

from typing import Any, Final

import sqlalchemy as sa

from services.kernel.exact import ONE_BP
from services.points.policy import KINDS
from services.runtime.feed import cursor_table
from services.runtime.revisions import revision_table

METADATA: Final = sa.MetaData()

POLICY_REVISION: Final = revision_table(METADATA)

FEED_CURSOR: Final = cursor_table(METADATA)


def _required(name: str, kind: type[sa.types.TypeEngine[Any]]) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False)


def _of_purchases(
    name: str, kind: type[sa.types.TypeEngine[Any]], otherwise: int | str = 0
) -> sa.Column[object]:
    """A column that only purchases fill."""
    return sa.Column(name, kind, nullable=False, server_default=str(otherwise))


def _key() -> tuple[sa.Column[int], sa.Column[str]]:
    return (
        sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, primary_key=True),
    )


def _recorded_at(name: str = "recorded_at") -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())


def _amounts() -> tuple[sa.Column[object], ...]:
    return (*(_of_purchases(kind, sa.BigInteger) for kind in KINDS), _of_purchases("treatments", sa.Integer))


def _purchase_columns() -> tuple[sa.Column[object], ...]:
    """What was bought, and what was decided of it when it was accepted."""
    return (
        _required("payload_hash", sa.LargeBinary),
        _required("shard", sa.SmallInteger),
        _required("member_id", sa.Text),
        _of_purchases("property_id", sa.Text, ""),
        _of_purchases("occurred_us", sa.BigInteger),
        *_amounts(),
        _required("occurred_on", sa.Date),
        _of_purchases("base_micropoints", sa.BigInteger),
        _of_purchases("qualifying_spend_minor", sa.BigInteger),
        _required("points_revision", sa.Integer),
        _of_purchases("package_micropoints", sa.BigInteger),
    )


# Sequences of their own: rows are numbered as they were given, and inserted in the order of their ids.
PENDING_ORDER: Final = sa.Sequence("pending_purchase_seq", metadata=METADATA)
ENTRY_ORDER: Final = sa.Sequence("entry_id_seq", metadata=METADATA)

PENDING_PURCHASE: Final = sa.Table(
    "pending_purchase",
    METADATA,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    *_purchase_columns(),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("waiting", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("callers", sa.SmallInteger, nullable=False, server_default="1"),
    _recorded_at("accepted_at"),
    sa.Column("refused_reason", sa.SmallInteger),
)
# Only what waits for Tier to come back is indexed: what passes through in milliseconds need not pay for it.
sa.Index("pending_purchase_in_order", PENDING_PURCHASE.c.seq, postgresql_where=PENDING_PURCHASE.c.waiting)
sa.Index(
    "pending_purchase_of_member",
    PENDING_PURCHASE.c.shard,
    PENDING_PURCHASE.c.member_id,
    postgresql_where=PENDING_PURCHASE.c.waiting,
)

# What no caller names has an id of several words, so that it can never be a caller's. An entry without a `lot_on` is
# taken from the oldest points, or given back to them; a pool's account is that of the member "pool <pool_id>".
ENTRY: Final = sa.Table(
    "entry",
    METADATA,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    sa.Column("entry_id", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.SmallInteger, nullable=False),
    *_purchase_columns(),
    sa.Column("points", sa.BigInteger, nullable=False),
    sa.Column("lot_on", sa.Date),
    _of_purchases("level_multiplier_bp", sa.Integer, ONE_BP),
    _of_purchases("birthday_multiplier_bp", sa.Integer, ONE_BP),
    _of_purchases("property_multiplier_bp", sa.Integer, ONE_BP),
    _of_purchases("package_bonus_bp", sa.Integer),
    _of_purchases("multiplied_points", sa.BigInteger),
    _of_purchases("treatment_every", sa.Integer),
    _of_purchases("treatment_points", sa.BigInteger),
    _of_purchases("treatment_bonus", sa.BigInteger),
    _of_purchases("referral_bonus", sa.BigInteger),
    _of_purchases("treatment_ordinal", sa.BigInteger),
    sa.Column("tier_system", sa.Text, nullable=False, server_default=""),
    sa.Column("level", sa.Text, nullable=False, server_default=""),
    _of_purchases("level_after", sa.Text, ""),
    _of_purchases("move_reason", sa.SmallInteger),
    _of_purchases("tier_revision", sa.Integer),
    sa.Column("related_id", sa.Text, nullable=False, server_default=""),
    _recorded_at("posted_at"),
)
sa.Index("entry_of_member", ENTRY.c.shard, ENTRY.c.member_id, ENTRY.c.entry_id)

ENTRY_NOTE: Final = sa.Table(
    "entry_note",
    METADATA,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

# `oldest_on`: no point left was earned before; `active_on`: the last purchase or redemption. Level and tier system are
# Tier's, as far as its moves have been followed.
ACCOUNT: Final = sa.Table(
    "account",
    METADATA,
    *_key(),
    sa.Column("balance", sa.BigInteger, nullable=False),
    sa.Column("lifetime_earned", sa.BigInteger, nullable=False),
    sa.Column("oldest_on", sa.Date),
    sa.Column("active_on", sa.Date),
    sa.Column("expirations", sa.Integer, nullable=False, server_default="0"),
    sa.Column("tier_system", sa.Text, nullable=False, server_default=""),
    sa.Column("level", sa.Text, nullable=False, server_default=""),
    sa.Column("level_sequence", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("merged_into", sa.Text, nullable=False, server_default=""),
    sa.Column("erased", sa.Boolean, nullable=False, server_default=sa.false()),
    postgresql_with={"fillfactor": "70"},
)
sa.Index("account_given_up", ACCOUNT.c.merged_into, postgresql_where=ACCOUNT.c.merged_into != "")

LEVEL_CHANGE: Final = sa.Table(
    "level_change",
    METADATA,
    *_key(),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("effective_on", sa.Date, nullable=False),
    sa.Column("from_system", sa.Text, nullable=False),
    sa.Column("from_level", sa.Text, nullable=False),
    sa.Column("to_system", sa.Text, nullable=False),
    sa.Column("to_level", sa.Text, nullable=False),
)

REVERSAL_ORDER: Final = sa.Sequence("reversal_seq", metadata=METADATA)

REVERSAL: Final = sa.Table(
    "reversal",
    METADATA,
    sa.Column("reversal_id", sa.Text, primary_key=True),
    sa.Column("credit_note_id", sa.Text, nullable=False, server_default=""),
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Column("transaction_id", sa.Text, nullable=False),
    sa.Column("purchase_shard", sa.SmallInteger, nullable=False),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("occurred_us", sa.BigInteger, nullable=False),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("everything", sa.Boolean, nullable=False),
    *_amounts(),
    sa.Column("base_micropoints", sa.BigInteger, nullable=False),
    sa.Column("package_micropoints", sa.BigInteger, nullable=False),
    sa.Column("qualifying_spend_minor", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("waiting", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("refused_reason", sa.SmallInteger),
    sa.Column("multiplied_points", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("treatment_bonus", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("referral_bonus", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("level_after", sa.Text, nullable=False, server_default=""),
    sa.Column("move_reason", sa.SmallInteger, nullable=False, server_default="0"),
    _recorded_at("accepted_at"),
    comment="Refunds, accepted for good before Tier is asked; state: 1 pending, 2 posted, 3 refused",
)
sa.Index("reversal_of_purchase", REVERSAL.c.transaction_id)
sa.Index("reversal_of_note", REVERSAL.c.credit_note_id, postgresql_where=REVERSAL.c.credit_note_id != "")
sa.Index("reversal_in_order", REVERSAL.c.seq, postgresql_where=REVERSAL.c.state != 2)

REDEMPTION: Final = sa.Table(
    "redemption",
    METADATA,
    sa.Column("redemption_id", sa.Text, primary_key=True),
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("redeemed_by", sa.Text, nullable=False),
    sa.Column("points", sa.BigInteger, nullable=False),
    sa.Column("value_minor", sa.BigInteger, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False),
    sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("captured_points", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("captured_value_minor", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("reversed_points", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("points_revision", sa.Integer, nullable=False),
    _recorded_at("authorised_at"),
    comment="Payments by points; `member_id` names the account that pays, `redeemed_by` the member who does",
)
sa.Index(
    "redemption_held", REDEMPTION.c.shard, REDEMPTION.c.member_id, postgresql_where=REDEMPTION.c.state == 1
)

REFERRAL: Final = sa.Table(
    "referral",
    METADATA,
    sa.Column("friend_id", sa.Text, primary_key=True),
    sa.Column("referrer_id", sa.Text, nullable=False),
    sa.Column("recorded_on", sa.Date, nullable=False),
    sa.Column("paid_by", sa.Text, nullable=False, server_default=""),
    sa.Column("points", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("payments", sa.Integer, nullable=False, server_default="0"),
    _recorded_at(),
)
sa.Index("referral_of_referrer", REFERRAL.c.referrer_id)

POOL: Final = sa.Table(
    "pool",
    METADATA,
    sa.Column("pool_id", sa.Text, primary_key=True),
    _recorded_at("founded_at"),
)

POOL_MEMBER: Final = sa.Table(
    "pool_member",
    METADATA,
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("pool_id", sa.Text, nullable=False),
    sa.Column("seq", sa.BigInteger, sa.Identity(always=True), nullable=False),
)
sa.Index("pool_member_of_pool", POOL_MEMBER.c.pool_id, POOL_MEMBER.c.seq)

WAITING_AWARD: Final = sa.Table(
    "waiting_award",
    METADATA,
    sa.Column("award_id", sa.Text, primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("member_id", "code", "actor_id", "note")),
    sa.Column("points", sa.BigInteger, nullable=False),
    sa.Column("awarded_on", sa.Date, nullable=False),
    comment="Awards of members whose accounts are not open yet",
)
sa.Index("waiting_award_of_member", WAITING_AWARD.c.member_id)
