"""Applied policies: numbered, effective-dated, never edited (DECISIONS, Meanings 17)."""

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.kernel.calendar import day_date, day_number


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """One applied policy: its number from 1, first day in force, digest, and both documents as JSON text."""

    number: int
    effective_from: int
    digest: str
    program: str
    policy: str


SINCE_EVER = day_number(day_date(0).replace(year=1))
"""First day of the first revision: it is in force since ever."""


def revision_table(metadata: sa.MetaData) -> sa.Table:
    """The table of applied policies of one service."""
    return sa.Table(
        "policy_revision",
        metadata,
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("effective_from", sa.Date, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("program", JSONB, nullable=False),
        sa.Column("policy", JSONB, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    )


def read_latest_number(connection: sa.Connection, table: sa.Table) -> int:
    """The number of the newest revision; 0 before the first."""
    return connection.scalar(sa.select(sa.func.coalesce(sa.func.max(table.c.number), 0))) or 0


def read_revisions(connection: sa.Connection, table: sa.Table) -> list[StoredRevision]:
    """All revisions, oldest first."""
    rows = connection.execute(
        sa.select(
            table.c.number,
            table.c.effective_from,
            table.c.digest,
            sa.cast(table.c.program, sa.Text),
            sa.cast(table.c.policy, sa.Text),
        ).order_by(table.c.number)
    )
    return [StoredRevision(number, day_number(since), *rest) for number, since, *rest in rows]


def record_revision(connection: sa.Connection, table: sa.Table, revision: StoredRevision) -> None:
    """Adds a revision; two who add the same number at once collide on the key and are tried again."""
    connection.execute(
        sa.insert(table).values(
            number=revision.number,
            effective_from=day_date(revision.effective_from),
            digest=revision.digest,
            program=sa.cast(sa.literal(revision.program), JSONB),
            policy=sa.cast(sa.literal(revision.policy), JSONB),
        )
    )


def digest_of(program: str, policy: str) -> str:
    """SHA-256 of both documents as canonical JSON text."""
    return hashlib.sha256(f"{program}\n{policy}".encode()).hexdigest()


def succeeding(
    revisions: list[StoredRevision], program: str, policy: str, effective_from: int | None, today: int
) -> StoredRevision:
    """The revision that these documents make: the newest one itself when nothing changed.

    The first is in force since ever, whatever day is asked for; later ones from the day asked for, or today.
    """
    digest = digest_of(program, policy)
    if revisions and revisions[-1].digest == digest:
        return revisions[-1]
    since = SINCE_EVER if not revisions else today if effective_from is None else effective_from
    return StoredRevision(len(revisions) + 1, since, digest, program, policy)


def is_retroactive(revisions: list[StoredRevision], effective_from: int | None, today: int) -> bool:
    """Whether the day asked for (today, if none is) lies before today or before a revision already applied."""
    if not revisions:
        return False
    since = today if effective_from is None else effective_from
    return since < max(today, revisions[-1].effective_from)
