"""tier-assignment: moves members to the tier system that the policy of a day puts them in."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import NEVER, Days
from services.kernel.columns import Mask, taken
from services.runtime.database import Fetch, fetching
from services.tier.columns import Ids, Standings, Texts
from services.tier.policy import Policy
from services.tier.rules.assignment import SYSTEM_UNKNOWN, decide_systems
from services.tier.rules.moves import joined
from services.tier.rules.settlement import brought_to
from services.tier.rules.systems import decide_system_changes
from services.tier.rules.window import DailyActivity
from services.tier.store.assignment import (
    count_misplaced,
    perhaps_misplaced,
    read_attributes,
    read_histories_of_misplaced,
    read_misplaced,
)
from services.tier.store.standings import fetch_standings, read_history
from workers.job import Job, Parameters, Scope
from workers.jobs.standings import (
    SettledStandings,
    changes_of_moves,
    policy_in_force,
    record_settled,
    recorded_moves,
    revisions_of,
    zone_of_program,
)
from workers.progress import Connection


@dataclass(frozen=True, slots=True)
class Misplaced:
    """Members who should be in another system, with their whole activity; `looked_at` counts the others, too."""

    standings: Standings
    systems: Ids
    daily: DailyActivity
    policy: Policy
    looked_at: int


def plan_assignment(connection: Connection, _: int) -> Parameters:
    """The policy to go by."""
    return revisions_of(policy_in_force(fetching(connection)))


def weigh_assignment(fetch: Fetch, as_of: int, parameters: Parameters) -> NDArray[np.int64]:
    """Members in each shard who may be in another system than they should."""
    policy = policy_in_force(fetch, parameters["revisions"])
    return count_misplaced(fetch, perhaps_misplaced(policy, as_of))


def read_assignment(fetch: Fetch, scope: Scope, as_of: int, parameters: Parameters) -> Misplaced:
    """Those of a scope who should be in another system; their activity is read only if there are any."""
    policy = policy_in_force(fetch, parameters["revisions"])
    if scope.members is not None:
        return _read_named(fetch, policy, scope.members, as_of, lock=scope.lock)
    condition = perhaps_misplaced(policy, as_of)
    standings, attribute = read_misplaced(fetch, condition, scope.first_shard, scope.last_shard)
    systems = decide_systems(attribute, standings.member_id, _effective_days(standings, as_of), policy)
    rows = _misplaced(standings, systems)
    moving = taken(standings, rows)
    daily = DailyActivity.none()
    if rows.any():
        shards = (scope.first_shard, scope.last_shard)
        daily = read_histories_of_misplaced(fetch, condition, *shards, moving)
    return Misplaced(moving, systems[rows], daily, policy, len(standings))


def decide_assignment(rows: Misplaced, as_of: int, _: Parameters) -> SettledStandings:
    """Settles what fell due for those who move, and moves them (DECISIONS, Meanings 18); lifetime members stay."""
    day, policy = _effective_days(rows.standings, as_of), rows.policy
    overdue = brought_to(rows.standings, day, policy, rows.daily)
    standings = overdue.standings
    systems = np.where(standings.lifetime_since == NEVER, rows.systems, standings.system).astype(np.int16)
    moved = decide_system_changes(standings, systems, day, policy, rows.daily)
    return SettledStandings(moved.standings, joined([overdue.moves, moved.moves]), policy)


def count_looked_at(rows: Misplaced) -> int:
    """How many members were looked at."""
    return rows.looked_at


def _read_named(fetch: Fetch, policy: Policy, members: Texts, as_of: int, *, lock: bool) -> Misplaced:
    """Locks before it reads the records: a record changes only with its member's standing locked."""
    standings = fetch_standings(fetch, members.tolist(), lock=lock)
    attribute, assignable = read_attributes(fetch, standings)
    systems = decide_systems(attribute, standings.member_id, _effective_days(standings, as_of), policy)
    rows = assignable & _misplaced(standings, systems)
    moving = taken(standings, rows)
    return Misplaced(moving, systems[rows], read_history(fetch, moving), policy, len(standings))


def _misplaced(standings: Standings, systems: Ids) -> Mask:
    misplaced: Mask = (systems != standings.system) & (systems != SYSTEM_UNKNOWN)
    return misplaced


def _effective_days(standings: Standings, as_of: int) -> Days:
    """The day as of which each member moves: not before the last evaluation."""
    return np.maximum(standings.evaluated_on, as_of).astype(np.int32)


TIER_ASSIGNMENT: Final[Job[Misplaced, SettledStandings]] = Job(
    name="tier-assignment",
    service="tier",
    time_zone=zone_of_program,
    plan=plan_assignment,
    weigh=weigh_assignment,
    read=read_assignment,
    decide=decide_assignment,
    changes=changes_of_moves,
    members_read=count_looked_at,
    record=record_settled,
    recorded=recorded_moves,
)
