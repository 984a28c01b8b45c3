"""Granting points to a member, once for ever by the award's id."""

from dataclasses import dataclass, replace

import sqlalchemy as sa

from services.benefits.awards import Award
from services.benefits.columns import UNDATED
from services.benefits.recording.days import today_of
from services.benefits.refusals import Reason
from services.benefits.rules.awards import decide_award_refusal
from services.benefits.store.awards import StoredAward, insert_award, read_award
from services.benefits.store.holders import read_holders_of
from services.benefits.store.policies import PolicyBook
from services.kernel.program import is_code
from services.runtime.clock import Clock
from services.runtime.database import fetching


@dataclass(frozen=True, slots=True)
class Granted:
    """An award as it is kept, and whether it had been granted before."""

    award: StoredAward
    replayed: bool


def grant_award(connection: sa.Connection, book: PolicyBook, award: Award, clock: Clock) -> Granted | Reason:
    """Grants an award of today, unless another day is named; why not, if it is refused."""
    policies = book.current(connection)
    today = today_of(policies, clock)
    dated = replace(award, awarded_on=today) if award.awarded_on == UNDATED else award
    earlier = read_award(connection, award.award_id) if is_code(award.award_id) else None
    asked_for = [award.member_id] if is_code(award.member_id) else []
    known = read_holders_of(fetching(connection), asked_for, lock=False)
    reason = decide_award_refusal(
        dated,
        None if earlier is None else bytes(earlier.payload_hash),
        today,
        has_policy=policies.program is not None,
        is_member=len(known) > 0,
    )
    if reason:
        return reason
    if earlier is None:
        insert_award(connection, dated)
    return Granted(earlier or _granted(connection, award.award_id), replayed=earlier is not None)


def _granted(connection: sa.Connection, award_id: str) -> StoredAward:
    stored = read_award(connection, award_id)
    if stored is None:
        raise LookupError(f"award {award_id} was just granted")
    return stored
