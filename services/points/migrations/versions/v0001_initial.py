"""The first schema of Points: policies, the cursor in Tier's feed, pending purchases, the ledger, the balances."""

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
    for sequence in ("pending_purchase_seq", "entry_id_seq"):
        op.execute(sa.schema.CreateSequence(sa.Sequence(sequence)))
    _create_pending_purchase()
    _create_entry()
    op.create_table(
        "account",
        sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("member_id", sa.Text, primary_key=True),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("lifetime_earned", sa.BigInteger, nullable=False),
        postgresql_with={"fillfactor": "70"},
    )


def _create_pending_purchase() -> None:
    op.create_table(
        "pending_purchase",
        sa.Column("transaction_id", sa.Text, primary_key=True),
        *_purchase_columns(),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("waiting", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("callers", sa.SmallInteger, nullable=False, server_default="1"),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.Column("refused_reason", sa.SmallInteger),
    )
    waits = sa.text("waiting")
    op.create_index("pending_purchase_in_order", "pending_purchase", ["seq"], postgresql_where=waits)
    op.create_index(
        "pending_purchase_of_member", "pending_purchase", ["shard", "member_id"], postgresql_where=waits
    )


def _create_entry() -> None:
    op.create_table(
        "entry",
        sa.Column("transaction_id", sa.Text, primary_key=True),
        sa.Column("entry_id", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        *_purchase_columns(),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("level_multiplier_bp", sa.Integer, nullable=False),
        sa.Column("property_multiplier_bp", sa.Integer, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("treatment_ordinal", sa.BigInteger, nullable=False),
        sa.Column("level_after", sa.Text, nullable=False),
        sa.Column("move_reason", sa.SmallInteger, nullable=False),
        sa.Column("tier_revision", sa.Integer, nullable=False),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )
    op.create_index("entry_of_member", "entry", ["shard", "member_id", "entry_id"])


def _purchase_columns() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("payload_hash", sa.LargeBinary, nullable=False),
        sa.Column("shard", sa.SmallInteger, nullable=False),
        sa.Column("member_id", sa.Text, nullable=False),
        sa.Column("property_id", sa.Text, nullable=False),
        sa.Column("occurred_us", sa.BigInteger, nullable=False),
        sa.Column("service_minor", sa.BigInteger, nullable=False),
        sa.Column("addon_minor", sa.BigInteger, nullable=False),
        sa.Column("product_minor", sa.BigInteger, nullable=False),
        sa.Column("package_minor", sa.BigInteger, nullable=False),
        sa.Column("treatments", sa.Integer, nullable=False),
        sa.Column("occurred_on", sa.Date, nullable=False),
        sa.Column("base_micropoints", sa.BigInteger, nullable=False),
        sa.Column("qualifying_spend_minor", sa.BigInteger, nullable=False),
        sa.Column("points_revision", sa.Integer, nullable=False),
    )
