"""Recording the activity of a batch of purchases, once for ever."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Index, Mask, occurrence_numbers, overlaid, put, taken
from services.kernel.program import is_code
from services.kernel.shards import shard_of
from services.runtime.database import fetching
from services.tier.columns import NO_SYSTEM, Activities, Ids, MoveReason, Priced, Standings
from services.tier.policy import Policy
from services.tier.recording.enrolment import enrol
from services.tier.refusals import Reason
from services.tier.rules.activities import UNKNOWN_PROPERTY, decide_activities, decide_refusals
from services.tier.rules.window import DailyActivity
from services.tier.store import activities as store
from services.tier.store.members import Members
from services.tier.store.moves import record_moves
from services.tier.store.standings import read_daily, read_standings, record_standings


@dataclass(frozen=True, slots=True)
class ActivityAnswers:
    """What became of each activity; `priced` and `system` hold where `reason` is 0."""

    reason: Ids
    priced: Priced
    system: Ids
    replayed: NDArray[np.bool_]


def numbered_properties(policy: Policy, property_ids: Sequence[str]) -> Ids:
    """The policy's number of each property named."""
    numbers = [policy.property_number(name) for name in property_ids]
    return np.array([UNKNOWN_PROPERTY if number is None else number for number in numbers], dtype=np.int16)


def record_activities(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> ActivityAnswers:
    """Prices, numbers and counts activities and moves their members; recorded ones get their first answer.

    One bad activity never fails its neighbours. `occurred_on` is NEVER where the request gives no valid date.
    """
    reason = _decide_shape_refusals(activities, today)
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
    standings, enrolling = _locked_standings(connection, policy, activities, today)
    answers = _first_answers(connection, activities)
    fresh = np.flatnonzero((answers.reason == Reason.UNSPECIFIED) & ~answers.replayed)
    row_of = {member: row for row, member in enumerate(standings.member_id)}
    member_row = np.array([row_of.get(member, -1) for member in activities.member_id[fresh]], dtype=np.intp)
    known = member_row >= 0
    enrolled_on = np.zeros(len(fresh), dtype=np.int32)
    enrolled_on[known] = standings.enrolled_on[member_row[known]]
    refused = decide_refusals(taken(activities, fresh), enrolled_on, known)
    answers.reason[fresh] = refused
    granted = refused == Reason.UNSPECIFIED
    if not granted.any():
        return answers
    rows = fresh[granted]
    recorded = _decide_and_record(
        connection, policy, standings, taken(activities, rows), member_row[granted], np.isin(rows, enrolling)
    )
    return put(answers, rows, recorded)


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
    written = record_standings(connection, taken(decided.standings, touched))
    if len(written) != len(touched):
        raise RuntimeError("a locked standing was changed by someone else")
    none = np.zeros(len(activities), dtype=np.int16)
    return ActivityAnswers(none, priced, system, none.astype(np.bool_))


def _leaving_activity(
    connection: sa.Connection, policy: Policy, standings: Standings, occurred_on: Days, member_row: Index
) -> DailyActivity:
    """The recorded days that leave the window of each member before the batch is through."""
    last = standings.evaluated_on.copy()
    np.maximum.at(last, member_row, occurred_on)
    end = policy.counting_start(standings.system, last)
    of_periods = policy.counts_periods(standings.system, policy.revision_on(last))
    end = np.where(of_periods, standings.counted_from, end).astype(np.int32)
    return read_daily(fetching(connection), standings, standings.counted_from, end)


def _locked_standings(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> tuple[Standings, Index]:
    """The standings of all members of the batch, newcomers enrolled where the program does so, and by which rows."""
    members = sorted(set(activities.member_id.tolist()))
    standings = read_standings(connection, members, lock=True)
    missing = set(members) - set(standings.member_id.tolist())
    enrolling = _enrolling_rows(policy, activities, missing)
    if len(enrolling) == 0:
        return standings, enrolling
    newcomers = Members(
        shard=shard_of(activities.member_id[enrolling]),
        member_id=activities.member_id[enrolling],
        enrolled_on=activities.occurred_on[enrolling],
        tier_system=np.full(len(enrolling), "", dtype=object),
        birthday=np.full(len(enrolling), NEVER, dtype=np.int32),
    )
    enrol(connection, policy, newcomers, today)
    return read_standings(connection, members, lock=True), enrolling


def _enrolling_rows(policy: Policy, activities: Activities, missing: set[str]) -> Index:
    """The first purchase of each unknown member that nothing speaks against (DECISIONS, Meanings 19)."""
    unknown = np.array([member in missing for member in activities.member_id], dtype=np.bool_)
    if not unknown.any():
        return np.empty(0, dtype=np.intp)
    everyone = np.ones(len(activities), dtype=np.bool_)
    sound = decide_refusals(activities, activities.occurred_on, everyone) == Reason.UNSPECIFIED
    enrols = np.array(
        [policy.enrols_on_first_purchase(int(day)) for day in activities.occurred_on], dtype=np.bool_
    )
    rows: Index = np.flatnonzero(unknown & sound & enrols)
    first: Index = rows[occurrence_numbers(activities.member_id[rows].tolist()) == 0]
    return first


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
    alike = _same_payload(taken(activities, rows), taken(known.activities, found[rows]))
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


def _decide_shape_refusals(activities: Activities, today: int) -> Ids:
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
            activities.occurred_on == NEVER,
            activities.occurred_on > today,
        ],
        [
            Reason.MEMBER_ID_MUST_BE_PRINTABLE,
            Reason.TRANSACTION_ID_MUST_BE_PRINTABLE,
            Reason.DUPLICATE_IN_BATCH,
            Reason.DATE_MUST_BE_VALID,
            Reason.DATE_MUST_NOT_BE_IN_FUTURE,
        ],
        Reason.UNSPECIFIED,
    ).astype(np.int16)
