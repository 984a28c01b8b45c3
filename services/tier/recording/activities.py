"""Recording the activity of a batch of purchases, once for ever."""

from dataclasses import dataclass, replace

import numpy as np
import sqlalchemy as sa

from services.kernel.calendar import Days
from services.kernel.columns import Index, Mask, occurrence_numbers, overlaid, put, taken
from services.runtime.database import fetching
from services.tier.columns import Activities, MoveReason, Standings
from services.tier.policy import Policy
from services.tier.recording.answers import (
    ActivityAnswers,
    decide_data_refusals,
    decide_gone_refusals,
    decide_id_refusals,
    first_answers,
    first_refusals,
    rows_by_name,
)
from services.tier.recording.enrolment import enrol, newcomers_of
from services.tier.refusals import Reason
from services.tier.rules.activities import Recorded, decide_activities
from services.tier.rules.window import DailyActivity, days_at_stake
from services.tier.store import activities as store
from services.tier.store.moves import record_moves
from services.tier.store.standings import read_daily, read_standings, record_locked_standings


@dataclass(frozen=True, slots=True)
class DecidedActivities:
    """What granted activities are answered, and what there is to record of them."""

    answers: ActivityAnswers
    recorded: Recorded


def record_activities(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> ActivityAnswers:
    """Prices, numbers and counts activities and moves their members; recorded ones get their first answer.

    One bad activity never fails its neighbours. `occurred_on` is NEVER where the request gives no valid date.
    """
    repeated = occurrence_numbers(activities.transaction_id.tolist()) > 0
    reason = decide_id_refusals(activities)
    reason = np.where((reason == 0) & repeated, Reason.DUPLICATE_IN_BATCH, reason).astype(np.int16)
    well_formed = np.flatnonzero(reason == Reason.UNSPECIFIED)
    answers = ActivityAnswers.unpriced(reason)
    if len(well_formed) == 0:
        return answers
    return put(
        answers, well_formed, _record_well_formed(connection, policy, taken(activities, well_formed), today)
    )


def decide_granted(
    connection: sa.Connection,
    policy: Policy,
    standings: Standings,
    activities: Activities,
    member_row: Index,
    enrolled: Mask,
) -> DecidedActivities:
    """Decides activities that nothing speaks against, by standings and what is recorded; writes nothing.

    `member_row` is the row of each one's member in `standings`; `enrolled` are those that make their member one.
    """
    rounds = occurrence_numbers(member_row.tolist())
    daily = _leaving_activity(connection, policy, standings, activities.occurred_on, member_row)
    decided = decide_activities(standings, activities, member_row, rounds, policy, daily)
    priced = overlaid(
        decided.priced, enrolled & (decided.priced.move_reason == 0), move_reason=MoveReason.ENROLLED
    )
    none = np.zeros(len(activities), dtype=np.int16)
    answers = ActivityAnswers(none, priced, standings.system[member_row], none.astype(np.bool_))
    return DecidedActivities(answers, decided)


def _record_well_formed(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> ActivityAnswers:
    members = sorted(set(activities.member_id.tolist()))
    standings = read_standings(connection, members, lock=True)
    answers = first_answers(connection, activities)
    reused = answers.reason.copy()
    gone = decide_gone_refusals(connection, standings, activities)
    refused, newcomers = decide_data_refusals(activities, standings, policy, today)
    reason = first_refusals(refused, reused, gone, answers.replayed)
    enrolling = _first_of_each(np.flatnonzero(newcomers & ~answers.replayed & (reason == 0)), activities)
    if len(enrolling):
        first_purchases = taken(activities, enrolling)
        enrol(connection, policy, newcomers_of(first_purchases), today, first_purchases.transaction_id)
        standings = read_standings(connection, members, lock=True)
        refused, _ = decide_data_refusals(activities, standings, policy, today)
        later = _not_before(enrolling, activities)
        reason = np.where(later, first_refusals(refused, reused, gone, answers.replayed), reason)
    answers = replace(answers, reason=reason.astype(np.int16))
    rows = np.flatnonzero((answers.reason == Reason.UNSPECIFIED) & ~answers.replayed)
    if len(rows) == 0:
        return answers
    granted, row_of = taken(activities, rows), rows_by_name(standings.member_id)
    member_row = np.array([row_of[member] for member in granted.member_id], dtype=np.intp)
    enrolled = np.isin(rows, enrolling)
    decided = decide_granted(connection, policy, standings, granted, member_row, enrolled)
    _record(connection, standings, granted, member_row, decided)
    return put(answers, rows, decided.answers)


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


def _record(
    connection: sa.Connection,
    standings: Standings,
    activities: Activities,
    member_row: Index,
    decided: DecidedActivities,
) -> None:
    answers, recorded = decided.answers, decided.recorded
    store.record_activities(connection, activities, answers.priced, answers.system)
    record_moves(connection, standings, recorded.moves, activities.transaction_id, run_id="")
    record_locked_standings(connection, taken(recorded.standings, np.unique(member_row)))


def _leaving_activity(
    connection: sa.Connection, policy: Policy, standings: Standings, occurred_on: Days, member_row: Index
) -> DailyActivity:
    """The recorded days that leave or enter what counts for each member before the batch is through."""
    last = standings.evaluated_on.copy()
    np.maximum.at(last, member_row, occurred_on)
    return read_daily(fetching(connection), standings, *days_at_stake(standings, last, policy))
