"""The tables of the Points service's own database."""

from typing import Any, Final

import sqlalchemy as sa

from services.runtime.feed import cursor_table
from services.runtime.revisions import revision_table

METADATA: Final = sa.MetaData()

POLICY_REVISION: Final = revision_table(METADATA)

FEED_CURSOR: Final = cursor_table(METADATA)


def _required(name: str, kind: type[sa.types.TypeEngine[Any]]) -> sa.Column[object]:
    return sa.Column(name, kind, nullable=False)


def _purchase_columns() -> tuple[sa.Column[object], ...]:
    """What was bought, and what was decided of it when it was accepted."""
    return (
        _required("payload_hash", sa.LargeBinary),
        _required("shard", sa.SmallInteger),
        _required("member_id", sa.Text),
        _required("property_id", sa.Text),
        _required("occurred_us", sa.BigInteger),
        _required("service_minor", sa.BigInteger),
        _required("addon_minor", sa.BigInteger),
        _required("product_minor", sa.BigInteger),
        _required("package_minor", sa.BigInteger),
        _required("treatments", sa.Integer),
        _required("occurred_on", sa.Date),
        _required("base_micropoints", sa.BigInteger),
        _required("qualifying_spend_minor", sa.BigInteger),
        _required("points_revision", sa.Integer),
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
    sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
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

ENTRY: Final = sa.Table(
    "entry",
    METADATA,
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
sa.Index("entry_of_member", ENTRY.c.shard, ENTRY.c.member_id, ENTRY.c.entry_id)

ACCOUNT: Final = sa.Table(
    "account",
    METADATA,
    sa.Column("shard", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("member_id", sa.Text, primary_key=True),
    sa.Column("balance", sa.BigInteger, nullable=False),
    sa.Column("lifetime_earned", sa.BigInteger, nullable=False),
    postgresql_with={"fillfactor": "70"},
)
