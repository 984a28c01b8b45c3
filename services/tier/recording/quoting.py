"""What purchases would earn and move if they were recorded now: decided as they are recorded, and not written."""

from dataclasses import replace

import numpy as np
import sqlalchemy as sa

from services.kernel.columns import Mask, put, stacked, taken
from services.tier.columns import Activities, Standings
from services.tier.policy import Policy
from services.tier.recording.activities import decide_granted
from services.tier.recording.answers import (
    ActivityAnswers,
    decide_data_refusals,
    decide_gone_refusals,
    decide_id_refusals,
    first_answers,
    first_refusals,
    rows_by_name,
)
from services.tier.recording.enrolment import first_standings, newcomers_of
from services.tier.refusals import Reason
from services.tier.store.standings import read_standings


def quote_activities(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> ActivityAnswers:
    """What recording each of the activities alone would answer; locks and writes nothing.

    An id that its first purchase would make a member is answered as that newcomer.
    """
    reason = decide_id_refusals(activities)
    rows = np.flatnonzero(reason == Reason.UNSPECIFIED)
    answers = ActivityAnswers.unpriced(reason)
    if len(rows) == 0:
        return answers
    return put(answers, rows, _quote_well_formed(connection, policy, taken(activities, rows), today))


def _quote_well_formed(
    connection: sa.Connection, policy: Policy, activities: Activities, today: int
) -> ActivityAnswers:
    standings = read_standings(connection, sorted(set(activities.member_id.tolist())), lock=False)
    answers = first_answers(connection, activities)
    gone = decide_gone_refusals(connection, standings, activities)
    refused, newcomers = decide_data_refusals(activities, standings, policy, today)
    reason = first_refusals(refused, answers.reason, gone, answers.replayed)
    answers = replace(answers, reason=reason)
    rows = np.flatnonzero((reason == Reason.UNSPECIFIED) & ~answers.replayed)
    if len(rows) == 0:
        return answers
    granted, enrolled = taken(activities, rows), newcomers[rows]
    found = _found_by_each(policy, standings, granted, enrolled)
    alone = np.arange(len(rows), dtype=np.intp)
    return put(answers, rows, decide_granted(connection, policy, found, granted, alone, enrolled).answers)


def _found_by_each(policy: Policy, standings: Standings, activities: Activities, enrolled: Mask) -> Standings:
    """The standing that each activity would find, one row an activity."""
    everybody = stacked([standings, first_standings(policy, newcomers_of(taken(activities, enrolled)))])
    row_of = rows_by_name(standings.member_id)
    row = np.array([row_of.get(member, -1) for member in activities.member_id], dtype=np.intp)
    row[enrolled] = len(standings) + np.arange(np.count_nonzero(enrolled))
    found: Standings = taken(everybody, row)
    return found
