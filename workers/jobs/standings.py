"""What the jobs on standings have in common: reading who is due, settling it by the rules, recording the moves."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.kernel.columns import Mask, taken
from services.runtime.database import Fetch, fetching
from services.tier.columns import MoveReason, Moves, Standings
from services.tier.policy import Policy
from services.tier.rules.settlement import Matter, settled
from services.tier.rules.window import DailyActivity, days_at_stake
from services.tier.store.due import Due, count_due, read_due, read_leaving
from services.tier.store.moves import record_moves, select_moves_of_run
from services.tier.store.policies import ALL_REVISIONS, PolicyBook
from services.tier.store.policies import PolicyRequired as NoPolicy
from services.tier.store.standings import fetch_standings, read_daily, record_standings
from workers.job import Changes, Parameters, PolicyRequired, Scope
from workers.progress import Connection

BOOK = PolicyBook()

WhoIsDue = Callable[[Policy, int, Parameters], Due]


@dataclass(frozen=True, slots=True)
class DueStandings:
    """Standings to settle, the activity that leaves their windows, and the policy to settle them by."""

    standings: Standings
    daily: DailyActivity
    policy: Policy


@dataclass(frozen=True, slots=True)
class SettledStandings:
    """Standings after settling, and the moves that led there."""

    standings: Standings
    moves: Moves
    policy: Policy


def policy_in_force(fetch: Fetch, revisions: int = ALL_REVISIONS) -> Policy:
    """The tier policy of so many revisions. Raises PolicyRequired before one was applied."""
    try:
        return BOOK.current(fetch, revisions)
    except NoPolicy as error:
        raise PolicyRequired from error


def zone_of_program(connection: Connection) -> str:
    """The program's time zone. Raises PolicyRequired."""
    return policy_in_force(fetching(connection)).program.time_zone


def revisions_of(policy: Policy) -> Parameters:
    """How many revisions of the policy there are: one that is applied later does not concern the run."""
    return {"revisions": int(policy.revision_numbers[-1])}


def weigh_due(who: WhoIsDue, fetch: Fetch, as_of: int, parameters: Parameters) -> NDArray[np.int64]:
    """Members due in each shard."""
    return count_due(fetch, who(policy_in_force(fetch, parameters["revisions"]), as_of, parameters))


def read_due_standings(
    who: WhoIsDue, fetch: Fetch, scope: Scope, as_of: int, parameters: Parameters
) -> DueStandings:
    """The standings due in a scope; of named members those too who are no longer due."""
    policy = policy_in_force(fetch, parameters["revisions"])
    if scope.members is not None:
        return _read_named(fetch, policy, scope, as_of)
    due = who(policy, as_of, parameters)
    standings = read_due(fetch, due, scope.first_shard, scope.last_shard)
    daily = read_leaving(fetch, policy, standings, due, as_of, scope.first_shard, scope.last_shard)
    return DueStandings(standings, daily, policy)


def decide_due(matter: Matter, rows: DueStandings, as_of: int, _: Parameters) -> SettledStandings:
    """Settles one matter of all rows up to and including a day."""
    until = np.full(len(rows.standings), as_of, dtype=np.int32)
    decided = settled(
        rows.standings, until, rows.policy, rows.daily, anniversaries_of_the_day=True, matters=matter
    )
    return SettledStandings(decided.standings, decided.moves, rows.policy)


def changes_of_moves(decided: SettledStandings) -> Changes:
    """The moves as changes."""
    moves, policy = decided.moves, decided.policy
    member_id = decided.standings.member_id[moves.row]
    return _changes(
        policy, member_id, moves.system, moves.from_level, moves.to_level, moves.reason, moves.effective_on
    )


def record_settled(connection: Connection, decided: SettledStandings, run_id: str) -> Mask:
    """Writes the standings that moved, and their moves; answers which moves were applied."""
    rows = np.unique(decided.moves.row)
    written = rows[record_standings(connection, taken(decided.standings, rows))]
    applied = np.isin(decided.moves.row, written)
    moves = taken(decided.moves, applied)
    record_moves(connection, decided.standings, moves, np.empty(0, dtype=object), run_id)
    return applied


def recorded_moves(fetch: Fetch, run_id: str, scope: Scope) -> Changes:
    """The moves that a run recorded."""
    found = fetch(select_moves_of_run(run_id, scope.first_shard, scope.last_shard))
    columns = [
        found[name] for name in ("member_id", "system", "from_level", "to_level", "reason", "effective_on")
    ]
    return _changes(policy_in_force(fetch), *columns)


def count_rows(rows: DueStandings) -> int:
    """How many members were looked at."""
    return len(rows.standings)


def job_functions(who: WhoIsDue, matter: Matter) -> dict[str, Any]:
    """The questions of a Job that settles one matter for those who are due."""
    return {
        "time_zone": zone_of_program,
        "weigh": partial(weigh_due, who),
        "read": partial(read_due_standings, who),
        "decide": partial(decide_due, matter),
        "changes": changes_of_moves,
        "members_read": count_rows,
        "record": record_settled,
        "recorded": recorded_moves,
    }


def _read_named(fetch: Fetch, policy: Policy, scope: Scope, as_of: int) -> DueStandings:
    named = [] if scope.members is None else scope.members.tolist()
    standings = fetch_standings(fetch, named, lock=scope.lock)
    until = np.full(len(standings), as_of, dtype=np.int32)
    daily = read_daily(fetch, standings, *days_at_stake(standings, until, policy))
    return DueStandings(standings, daily, policy)


def _changes(
    policy: Policy,
    member_id: NDArray[np.object_],
    system: NDArray[np.int16],
    before: NDArray[np.int16],
    after: NDArray[np.int16],
    reason: NDArray[np.int16],
    effective_on: NDArray[np.int32],
) -> Changes:
    names = np.array([item.name for item in MoveReason], dtype=object)
    codes = _level_codes(policy)
    return Changes(member_id, names[reason], codes[system, before], codes[system, after], effective_on)


def _level_codes(policy: Policy) -> NDArray[np.object_]:
    """Codes by the numbers of system and level."""
    codes = np.full(
        (max(len(policy.system_ids), 1), max(map(len, policy.level_codes), default=1)), "", dtype=object
    )
    for system, levels in enumerate(policy.level_codes):
        codes[system, : len(levels)] = levels
    return codes
