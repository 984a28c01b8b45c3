"""The month of the birthday on standings; package bonuses and birthday multipliers of activity."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds what pricing by birthday and package needs; what was recorded so far knew neither."""
    op.add_column("standing", sa.Column("birth_month", sa.SmallInteger, nullable=False, server_default="0"))
    op.execute(
        """UPDATE standing s SET birth_month = extract(month FROM m.birthday) FROM member m
           WHERE (m.shard, m.member_id) = (s.shard, s.member_id) AND m.birthday IS NOT NULL"""
    )
    for table in ("activity", "reversal"):
        packages = sa.Column("package_micropoints", sa.BigInteger, nullable=False, server_default="0")
        op.add_column(table, packages)
    op.add_column("activity", sa.Column("birthday_bp", sa.Integer, nullable=False, server_default="10000"))
    op.add_column("activity", sa.Column("package_bonus_bp", sa.Integer, nullable=False, server_default="0"))
