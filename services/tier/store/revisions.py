"""The applied revisions with their ranges, and the edits of properties."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.kernel.calendar import NEVER, day_date, day_number
from services.runtime.revisions import StoredRevision
from services.tier.properties import PropertyEdit
from services.tier.rules.revisions import Term
from services.tier.tables import POLICY_REVISION, PROPERTY_EDIT, REVISION_RANGE

REVISIONS_WITH_RANGES = POLICY_REVISION.outerjoin(
    REVISION_RANGE, REVISION_RANGE.c.number == POLICY_REVISION.c.number
)


@dataclass(frozen=True, slots=True)
class KeptRevision:
    """A revision as it was applied, and what has become of it; `until` is NEVER where it has no end."""

    stored: StoredRevision
    until: int
    applied_at: datetime
    cancelled_at: datetime | None

    @property
    def term(self) -> Term:
        """The days for which it was applied."""
        cancelled = self.cancelled_at is not None
        return Term(self.stored.number, self.stored.effective_from, self.until, cancelled)


def lock_revisions(connection: sa.Connection) -> None:
    """Lets nobody else change revisions or edits of properties until the transaction ends; readers go on."""
    connection.execute(sa.text("LOCK TABLE policy_revision IN SHARE ROW EXCLUSIVE MODE"))


def read_kept(connection: sa.Connection) -> list[KeptRevision]:
    """All revisions, oldest first."""
    table, span = POLICY_REVISION.c, REVISION_RANGE.c
    rows = connection.execute(
        sa.select(
            table.number,
            table.effective_from,
            table.digest,
            sa.cast(table.program, sa.Text),
            sa.cast(table.policy, sa.Text),
            span.effective_until,
            table.applied_at,
            span.cancelled_at,
        )
        .select_from(REVISIONS_WITH_RANGES)
        .order_by(table.number)
    )
    return [
        KeptRevision(
            StoredRevision(number, day_number(since), digest, program, policy),
            NEVER if until is None else day_number(until),
            applied_at,
            cancelled_at,
        )
        for number, since, digest, program, policy, until, applied_at, cancelled_at in rows
    ]


def record_range(connection: sa.Connection, term: Term) -> None:
    """Notes the end of a revision that is being applied, where it has one."""
    if term.has_end:
        connection.execute(
            sa.insert(REVISION_RANGE).values(number=term.number, effective_until=day_date(term.until))
        )


def record_cancellation(connection: sa.Connection, number: int) -> None:
    """Notes that a revision never comes into force."""
    cancelled = insert(REVISION_RANGE).values(number=number, cancelled_at=sa.func.now())
    connection.execute(
        cancelled.on_conflict_do_update(
            index_elements=["number"], set_={"cancelled_at": cancelled.excluded.cancelled_at}
        )
    )


def record_edits(connection: sa.Connection, edits: Sequence[PropertyEdit]) -> None:
    """Adds edits of properties, the newest last."""
    for edit in edits:
        connection.execute(
            sa.insert(PROPERTY_EDIT).values(
                property_id=edit.property_id,
                multiplier_bp=edit.multiplier_bp,
                effective_from=day_date(edit.since),
            )
        )


def read_present_multipliers(connection: sa.Connection, today: int) -> dict[str, int]:
    """The multiplier that holds now for each property that was ever named."""
    edit = PROPERTY_EDIT.c
    rows = connection.execute(
        sa.select(edit.property_id, edit.multiplier_bp)
        .where(edit.effective_from <= day_date(today))
        .order_by(edit.effective_from, edit.number)
    )
    return {row.property_id: row.multiplier_bp for row in rows}
