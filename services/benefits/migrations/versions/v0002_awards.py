"""Awards, and the feed by which Points follows them."""

import sqlalchemy as sa
from alembic import op

from services.runtime.feed import feed_columns

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Adds the table of awards."""
    op.create_table(
        "award",
        *feed_columns(),
        sa.Column("award_id", sa.Text, primary_key=True),
        sa.Column("payload_hash", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("member_id", "code")),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("awarded_on", sa.Date, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("actor_id", "note")),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.CheckConstraint("points > 0", name="award_gives_points"),
        comment="Points given to members, one award for each id, for ever; Points follows them and posts them",
    )
    op.create_index("award_feed", "award", ["xid", "seq"])
    op.create_index("award_of_member", "award", ["member_id"])


def downgrade() -> None:
    """Drops the table of awards."""
    op.drop_table("award")
