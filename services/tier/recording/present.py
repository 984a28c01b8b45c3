"""Members brought up to the present before staff act on them: locked, settled and rolled as a purchase would."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import taken
from services.runtime.database import fetching
from services.tier.columns import Ids, Moves, Standings
from services.tier.policy import Policy
from services.tier.refusals import Reason
from services.tier.rules.moves import joined
from services.tier.rules.review import Decided
from services.tier.rules.settlement import brought_to
from services.tier.rules.window import days_at_stake
from services.tier.store.members import Members, read_members
from services.tier.store.moves import record_moves
from services.tier.store.standings import read_daily, read_standings, record_locked_standings


@dataclass(frozen=True, slots=True)
class Present:
    """The members who exist, one row each in the order of their keys, as of the day on which an act takes effect.

    `day` is today, or the day of the member's last evaluation if that is later (DECISIONS, Meanings 22); `moves`
    are those that had fallen due and are not recorded yet.
    """

    members: Members
    standings: Standings
    day: Days
    moves: Moves

    def __len__(self) -> int:
        return len(self.day)

    def row_of(self, member_id: str) -> int:
        """The row of a member who exists."""
        return int(np.flatnonzero(self.standings.member_id == member_id)[0])


def brought_up(connection: sa.Connection, policy: Policy, member_ids: Sequence[str], today: int) -> Present:
    """Locks the members' standings until the transaction ends, and settles what fell due; records nothing."""
    recorded = read_standings(connection, sorted(set(member_ids)), lock=True)
    day = np.maximum(recorded.evaluated_on, today).astype(np.int32)
    daily = read_daily(fetching(connection), recorded, *days_at_stake(recorded, day, policy))
    found = brought_to(recorded, day, policy, daily)
    members = read_members(connection, recorded.member_id.tolist())
    row_of = {member: row for row, member in enumerate(members.member_id.tolist())}
    order = np.array([row_of[member] for member in recorded.member_id.tolist()], dtype=np.intp)
    return Present(taken(members, order), found.standings, day, found.moves)


def refuse_members(present: Present, member_ids: Sequence[str]) -> Reason:
    """Why nothing can be done to one of the members: unknown, merged away or erased."""
    if len(present) < len(set(member_ids)):
        return Reason.MEMBER_UNKNOWN
    return refuse_records(present.members)


def refuse_records(members: Members) -> Reason:
    """Why nothing can be done to one of the records: it was merged into another, or erased."""
    if (members.merged_into != "").any():
        return Reason.MEMBER_MERGED
    if (members.erased_on != NEVER).any():
        return Reason.MEMBER_ERASED
    return Reason.UNSPECIFIED


def first_refusal(reasons: Ids) -> Reason:
    """Why the one member of a call is refused; a member who does not exist is not refused here."""
    return Reason(int(reasons[0])) if len(reasons) else Reason.UNSPECIFIED


def record_acted(connection: sa.Connection, present: Present, decided: Decided, request_id: str) -> None:
    """Writes the standings after an act, with the moves that were overdue and those of the act itself."""
    acted = replace(decided.moves, activity=np.zeros(len(decided.moves), dtype=np.intp))
    requests = np.array([request_id], dtype=object)
    record_moves(connection, present.standings, joined([present.moves, acted]), requests, run_id="")
    record_locked_standings(connection, decided.standings)
