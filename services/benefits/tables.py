"""The tables of the Benefits service's own database."""

import sqlalchemy as sa

from services.runtime.feed import cursor_table, feed_columns
from services.runtime.revisions import revision_table

METADATA = sa.MetaData()

POLICY_REVISION = revision_table(METADATA)

FEED_CURSOR = cursor_table(METADATA)

HOLDER = sa.Table(
    "holder",
    METADATA,
    sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("tier_system", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    comment="Members and the level that they hold, as far as Tier's moves have been followed",
)

ALLOWANCE = sa.Table(
    "allowance",
    METADATA,
    sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("level", sa.Text, primary_key=True),
    sa.Column("period_start", sa.Date, primary_key=True),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("granted", sa.Integer, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
    sa.Column("value_limit_minor", sa.BigInteger, nullable=False),
    sa.Column("combinable", sa.Boolean, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("opened_on", sa.Date, nullable=False),
    sa.Column("opened_by", sa.Text, nullable=False),
    sa.Column("closed_on", sa.Date),
    sa.CheckConstraint("used >= 0 AND used <= granted", name="allowance_used_within_granted"),
    comment="Quotas of complimentary benefits; written only under a lock of the member's holder row",
)

ALLOWANCE_USE = sa.Table(
    "allowance_use",
    METADATA,
    sa.Column("transaction_id", sa.Text, primary_key=True),
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Column("shard", sa.SmallInteger, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("used_on", sa.Date, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    sa.Column("value_minor", sa.BigInteger, nullable=False),
    sa.Column("remaining", sa.Integer, nullable=False),
    sa.Column("used_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    comment="Granted uses, one for each transaction id, for ever",
)

AWARD = sa.Table(
    "award",
    METADATA,
    *feed_columns(),
    sa.Column("award_id", sa.Text, primary_key=True),
    sa.Column("payload_hash", sa.LargeBinary, nullable=False),
    sa.Column("member_id", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False),
    sa.Column("points", sa.BigInteger, nullable=False),
    sa.Column("awarded_on", sa.Date, nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("points > 0", name="award_gives_points"),
    comment="Points given to members, one award for each id, for ever; Points follows them and posts them",
)
sa.Index("award_feed", AWARD.c.xid, AWARD.c.seq)
sa.Index("award_of_member", AWARD.c.member_id)
