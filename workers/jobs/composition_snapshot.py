"""composition-snapshot: counts members by system and level as of a day, in one pass over the standings."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.columns import Mask, stacked, taken
from services.runtime.database import Fetch, fetching
from services.tier.columns import Standings
from services.tier.policy import Policy
from services.tier.rules.composition import (
    Composition,
    MovesUntil,
    composition_of,
    standings_before,
    standings_of_the_day,
)
from services.tier.rules.window import DailyActivity
from services.tier.store.compositions import (
    add_composition,
    evaluated_after,
    evaluated_by,
    has_composition,
    members_on,
    read_composition_of_run,
    read_counting_days,
    read_moves_until,
    record_composition_day,
)
from services.tier.store.due import count_due, read_due, read_leaving
from workers.job import Changes, Job, Parameters, Scope
from workers.jobs.standings import DueStandings, policy_in_force, revisions_of, zone_of_program
from workers.progress import Connection

COUNTED: Final = "COUNTED"


@dataclass(frozen=True, slots=True)
class DayStandings:
    """Standings that tell of the day, and those of members evaluated since, whose moves do."""

    present: DueStandings
    later: Standings
    moves: MovesUntil
    daily: DailyActivity


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of some members as of a day."""

    composition: Composition
    as_of: int
    policy: Policy


def plan_snapshot(connection: Connection, as_of: int) -> Parameters:
    """The day and the policy to go by; there is nothing to look at where the day has its snapshot."""
    policy = policy_in_force(fetching(connection))
    return {**revisions_of(policy), "day": as_of, "empty": has_composition(connection, as_of)}


def weigh_members(fetch: Fetch, as_of: int, _: Parameters) -> NDArray[np.int64]:
    """Members of the day in each shard."""
    return count_due(fetch, members_on(as_of))


def read_day(fetch: Fetch, scope: Scope, as_of: int, parameters: Parameters) -> DayStandings:
    """The standings of everybody enrolled by the day, with what tells of the day where they do not."""
    policy, shards = policy_in_force(fetch, parameters["revisions"]), (scope.first_shard, scope.last_shard)
    by_then, since = evaluated_by(as_of), evaluated_after(as_of)
    standings = read_due(fetch, by_then, *shards)
    leaving = read_leaving(fetch, policy, standings, by_then, as_of, *shards)
    later = read_due(fetch, since, *shards)
    # Who was evaluated between the two reads is told of by the moves.
    still = np.flatnonzero(~np.isin(standings.member_id.astype(str), later.member_id.astype(str)))
    standings, leaving = taken(standings, still), leaving.of_rows(still)
    moves = read_moves_until(fetch, later, as_of, *shards)
    daily = read_counting_days(fetch, later, as_of, policy, *shards)
    return DayStandings(DueStandings(standings, leaving, policy), later, moves, daily)


def decide_composition(rows: DayStandings, as_of: int, _: Parameters) -> Counted:
    """The counts of the day."""
    present, policy = rows.present, rows.present.policy
    standings = [standings_of_the_day(present.standings, as_of, policy, present.daily)]
    if len(rows.later):
        standings.append(standings_before(rows.later, rows.moves, as_of, policy, rows.daily))
    return Counted(composition_of(stacked(standings), as_of, policy), as_of, policy)


def changes_of_counts(counted: Counted) -> Changes:
    """One row for each system and level, which stands for its members."""
    return _changes(counted.composition, counted.as_of, counted.policy)


def count_members(rows: DayStandings) -> int:
    """How many members were looked at."""
    return len(rows.present.standings) + len(rows.later)


def record_counts(connection: Connection, counted: Counted, run_id: str) -> Mask:
    """Adds the counts to those of the run."""
    add_composition(connection, run_id, counted.composition)
    return np.full(len(counted.composition), True)


def recorded_counts(fetch: Fetch, run_id: str, scope: Scope) -> Changes:
    """What a finished run has counted in all, told with the first shard."""
    day, composition = read_composition_of_run(fetch, run_id)
    told = np.full(len(composition), scope.first_shard == 0)
    return _changes(taken(composition, told), day, policy_in_force(fetch))


def make_snapshot_of_the_day(connection: Connection, parameters: Parameters, run_id: str) -> None:
    """Makes the counts of the run the snapshot of its day, unless that has one."""
    if not parameters["empty"]:
        record_composition_day(connection, parameters["day"], run_id)


def _changes(composition: Composition, day: int, policy: Policy) -> Changes:
    count = len(composition)
    rungs = zip(composition.system.tolist(), composition.level.tolist(), strict=True)
    names = [f"{policy.system_ids[system]}/{policy.level_code(system, level)}" for system, level in rungs]
    nobody = np.full(count, "", dtype=object)
    return Changes(
        member_id=nobody,
        reason=np.full(count, COUNTED, dtype=object),
        before=nobody,
        after=np.array(names, dtype=object),
        effective_on=np.full(count, day, dtype=np.int32),
        members=composition.members,
    )


COMPOSITION_SNAPSHOT: Final[Job[DayStandings, Counted]] = Job(
    name="composition-snapshot",
    service="tier",
    time_zone=zone_of_program,
    plan=plan_snapshot,
    weigh=weigh_members,
    read=read_day,
    decide=decide_composition,
    changes=changes_of_counts,
    members_read=count_members,
    record=record_counts,
    recorded=recorded_counts,
    finish=make_snapshot_of_the_day,
)
