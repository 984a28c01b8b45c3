"""The first schema of Benefits: policies, holders, allowances, their uses, and the cursor in Tier's feed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates every table."""
    op.create_table(
        "policy_revision",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("program", JSONB, nullable=False),
        sa.Column("policy", JSONB, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_table(
        "feed_cursor",
        sa.Column("feed", sa.Text, primary_key=True),
        sa.Column("cursor", sa.Text, nullable=False),
    )
    op.create_table(
        "holder",
        sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, primary_key=True),
        sa.Column("tier_system", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("since", sa.Date, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        comment="Members and the level that they hold, as far as Tier's moves have been followed",
    )
    _create_allowance()
    _create_allowance_use()


def downgrade() -> None:
    """Drops every table."""
    for table in ("allowance_use", "allowance", "holder", "feed_cursor", "policy_revision"):
        op.drop_table(table)


def _create_allowance() -> None:
    op.create_table(
        "allowance",
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


def _create_allowance_use() -> None:
    op.create_table(
        "allowance_use",
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
