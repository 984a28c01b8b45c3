"""Recording the activity of a batch of purchases, once for ever."""

from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Index, Mask, occurrence_numbers, overlaid, put, taken
from services.kernel.program import is_code
from services.kernel.shards import shard_of
from services.runtime.database import fetching
from services.tier.columns import NO_SYSTEM, Activities, Ids, MoveReason, Priced, Standings, Texts
from services.tier.policy import Policy
from services.tier.recording.enrolment import decide_gone, enrol
from services.tier.refusals import Reason
from services.tier.rules.activities import decide_activities, decide_refusals
from services.tier.rules.window import DailyActivity, days_at_stake
from services.tier.store import activities as store
from services.tier.store.members import Members, read_members
from services.tier.store.moves import record_moves
from services.tier.store.standings import read_daily, read_standings, record_locked_standings


@dataclass(frozen=True, slots=True)
class ActivityAnswers:
    """What became of each activity; `priced` and `system` hold where `reason` is 0."""

    reason: Ids
    priced: Priced
    system: Ids
    replayed: NDArray[np.bool_]


def record_activities(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> ActivityAnswers:
    """Prices, numbers and counts activities and moves their members; recorded ones get their first answer.

    One bad activity never fails its neighbours. `occurred_on` is NEVER where the request gives no valid date.
    """
    reason = _decide_shape_refusals(activities)
    well_formed = np.flatnonzero(reason == Reason.UNSPECIFIED)
    answers = ActivityAnswers(
        reason,
        Priced.blank(len(activities)),
        np.full(len(activities), NO_SYSTEM, dtype=np.int16),
        np.zeros(len(activities), dtype=np.bool_),
    )
    if len(well_formed) == 0:
        return answers
    return put(
        answers, well_formed, _record_well_formed(connection, policy, taken(activities, well_formed), today)
    )


def _record_well_formed(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> ActivityAnswers:
    members = sorted(set(activities.member_id.tolist()))
    standings = read_standings(connection, members, lock=True)
    answers = _first_answers(connection, activities)
    reused = answers.reason.copy()
    gone = _decide_gone(connection, standings, activities)
    refused, newcomers = _decide_refusals(activities, standings, policy, today)
    reason = _first_refusals(refused, reused, gone, answers.replayed)
    enrolling = _first_of_each(np.flatnonzero(newcomers & ~answers.replayed & (reason == 0)), activities)
    if len(enrolling):
        _enrol_newcomers(connection, policy, taken(activities, enrolling), today)
        standings = read_standings(connection, members, lock=True)
        refused, _ = _decide_refusals(activities, standings, policy, today)
        later = _not_before(enrolling, activities)
        reason = np.where(later, _first_refusals(refused, reused, gone, answers.replayed), reason)
    answers = replace(answers, reason=reason.astype(np.int16))
    rows = np.flatnonzero((answers.reason == Reason.UNSPECIFIED) & ~answers.replayed)
    if len(rows) == 0:
        return answers
    granted, row_of = taken(activities, rows), _row_of(standings.member_id)
    member_row = np.array([row_of[member] for member in granted.member_id], dtype=np.intp)
    enrolled = np.isin(rows, enrolling)
    recorded = _decide_and_record(connection, policy, standings, granted, member_row, enrolled)
    return put(answers, rows, recorded)


def _decide_refusals(
    activities: Activities, standings: Standings, policy: Policy, today: int
) -> tuple[Ids, Mask]:
    """Why each activity is refused, and which are of ids that become members by their first purchase."""
    row_of = _row_of(standings.member_id)
    row = np.array([row_of.get(member, -1) for member in activities.member_id], dtype=np.intp)
    known = row >= 0
    newcomers: Mask = ~known & policy.enrols_on_first_purchase(activities.occurred_on)
    enrolled_on = activities.occurred_on.copy()
    enrolled_on[known] = standings.enrolled_on[row[known]]
    return decide_refusals(activities, enrolled_on, known | newcomers, today), newcomers


def _first_refusals(refused: Ids, reused: Ids, gone: Ids, replayed: Mask) -> Ids:
    """By precedence of Reason; what was recorded before is never refused."""
    refusals = np.select([replayed, refused != 0, reused != 0], [Reason.UNSPECIFIED, refused, reused], gone)
    return refusals.astype(np.int16)


def _decide_gone(connection: sa.Connection, standings: Standings, activities: Activities) -> Ids:
    """Which activities are of members merged away or erased; only who is in no system can be."""
    outside = standings.member_id[standings.system == NO_SYSTEM]
    if len(outside) == 0:
        return np.zeros(len(activities), dtype=np.int16)
    members = read_members(connection, outside.tolist())
    gone = dict(zip(members.member_id.tolist(), decide_gone(members).tolist(), strict=True))
    return np.array([gone.get(member, 0) for member in activities.member_id], dtype=np.int16)


def _first_of_each(rows: Index, activities: Activities) -> Index:
    """The first of the rows of each member."""
    first: Index = rows[occurrence_numbers(activities.member_id[rows].tolist()) == 0]
    return first


def _not_before(enrolling: Index, activities: Activities) -> Mask:
    """Activities that find their member enrolled, if by an earlier one of the same batch."""
    enrolled_by = dict(zip(activities.member_id[enrolling].tolist(), enrolling.tolist(), strict=True))
    never = len(activities)
    by = np.array([enrolled_by.get(member, never) for member in activities.member_id], dtype=np.intp)
    found: Mask = np.arange(len(activities)) >= by
    return found


def _row_of(names: Texts) -> dict[str, int]:
    return {name: row for row, name in enumerate(names.tolist())}


def _decide_and_record(
    connection: sa.Connection,
    policy: Policy,
    standings: Standings,
    activities: Activities,
    member_row: Index,
    enrolled: Mask,
) -> ActivityAnswers:
    rounds = occurrence_numbers(member_row.tolist())
    daily = _leaving_activity(connection, policy, standings, activities.occurred_on, member_row)
    decided = decide_activities(standings, activities, member_row, rounds, policy, daily)
    priced = overlaid(
        decided.priced, enrolled & (decided.priced.move_reason == 0), move_reason=MoveReason.ENROLLED
    )
    system = standings.system[member_row]
    store.record_activities(connection, activities, priced, system)
    record_moves(connection, standings, decided.moves, activities.transaction_id, run_id="")
    touched = np.unique(member_row)
    record_locked_standings(connection, taken(decided.standings, touched))
    none = np.zeros(len(activities), dtype=np.int16)
    return ActivityAnswers(none, priced, system, none.astype(np.bool_))


def _leaving_activity(
    connection: sa.Connection, policy: Policy, standings: Standings, occurred_on: Days, member_row: Index
) -> DailyActivity:
    """The recorded days that leave or enter what counts for each member before the batch is through."""
    last = standings.evaluated_on.copy()
    np.maximum.at(last, member_row, occurred_on)
    return read_daily(fetching(connection), standings, *days_at_stake(standings, last, policy))


def _enrol_newcomers(connection: sa.Connection, policy: Policy, purchases: Activities, today: int) -> None:
    """Makes members of unknown ids, each by its first purchase (DECISIONS, Meanings 19)."""
    count = len(purchases)
    newcomers = Members(
        shard=shard_of(purchases.member_id),
        member_id=purchases.member_id,
        enrolled_on=purchases.occurred_on,
        tier_system=np.full(count, "", dtype=object),
        birthday=np.full(count, NEVER, dtype=np.int32),
        merged_into=np.full(count, "", dtype=object),
        erased_on=np.full(count, NEVER, dtype=np.int32),
    )
    enrol(connection, policy, newcomers, today, purchases.transaction_id)


def _first_answers(connection: sa.Connection, activities: Activities) -> ActivityAnswers:
    """The answers of those recorded before; a reused id is refused."""
    count = len(activities)
    answers = ActivityAnswers(
        np.zeros(count, dtype=np.int16),
        Priced.blank(count),
        np.full(count, NO_SYSTEM, dtype=np.int16),
        np.zeros(count, dtype=np.bool_),
    )
    known = store.read_activities(connection, activities.transaction_id.tolist())
    if len(known.activities) == 0:
        return answers
    row_of = {transaction: row for row, transaction in enumerate(known.activities.transaction_id)}
    found = np.array(
        [row_of.get(transaction, -1) for transaction in activities.transaction_id], dtype=np.intp
    )
    rows = np.flatnonzero(found >= 0)
    first_told = replace(known.activities, member_id=known.recorded_for)
    alike = _same_payload(taken(activities, rows), taken(first_told, found[rows]))
    answers.reason[rows[~alike]] = Reason.TRANSACTION_ID_REUSED
    replays, first = rows[alike], found[rows[alike]]
    priced = put(answers.priced, replays, taken(known.priced, first))
    answers.system[replays] = known.system[first]
    answers.replayed[replays] = True
    return replace(answers, priced=priced)


def _same_payload(given: Activities, recorded: Activities) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (
        (given.member_id == recorded.member_id)
        & (given.occurred_on == recorded.occurred_on)
        & (given.property == recorded.property)
        & (given.base_micropoints == recorded.base_micropoints)
        & (given.spend == recorded.spend)
        & (given.visits == recorded.visits)
    ).astype(np.bool_)
    return same


def _decide_shape_refusals(activities: Activities) -> Ids:
    printable_member = np.array([is_code(member) for member in activities.member_id], dtype=np.bool_)
    printable_id = np.array(
        [is_code(transaction) for transaction in activities.transaction_id], dtype=np.bool_
    )
    repeated = occurrence_numbers(activities.transaction_id.tolist()) > 0
    return np.select(
        [
            ~printable_member,
            ~printable_id,
            repeated,
        ],
        [
            Reason.MEMBER_ID_MUST_BE_PRINTABLE,
            Reason.TRANSACTION_ID_MUST_BE_PRINTABLE,
            Reason.DUPLICATE_IN_BATCH,
        ],
        Reason.UNSPECIFIED,
    ).astype(np.int16)
