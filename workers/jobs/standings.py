"""What the jobs on standings have in common: reading who is due, settling it by the rules, recording the moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from services.kernel.columns import Index, Mask, taken
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

WINDOW_ROLLED: Final = "WINDOW_ROLLED"
"""What changes where activity left the window and nothing came of it."""

_MOVE_NAMES: Final = np.array([item.name for item in MoveReason], dtype=object)

WhoIsDue = Callable[[Policy, int, Parameters], Due]


@dataclass(frozen=True, slots=True)
class DueStandings:
    """Standings to settle, the activity that leaves their windows, and the policy to settle them by."""

    standings: Standings
    daily: DailyActivity
    policy: Policy


@dataclass(frozen=True, slots=True)
class SettledStandings:
    """Standings after settling, and the moves that led there.

    `rolled` are the rows that did not move and yet changed: activity left their window.
    """

    standings: Standings
    moves: Moves
    policy: Policy
    rolled: Index = field(default_factory=lambda: np.empty(0, dtype=np.intp))


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
    return {"revisions": int(policy.revision_numbers.max())}


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
    decided = settled(rows.standings, until, rows.policy, rows.daily, whole_day=True, matters=matter)
    return SettledStandings(decided.standings, decided.moves, rows.policy)


def changes_of_moves(decided: SettledStandings) -> Changes:
    """The moves as changes, then the rows that changed without one."""
    moves, rolled = decided.moves, taken(decided.standings, decided.rolled)
    names = [_MOVE_NAMES[moves.reason], np.full(len(rolled), WINDOW_ROLLED, dtype=object)]
    return _changes(
        decided.policy,
        np.concatenate([decided.standings.member_id[moves.row], rolled.member_id]),
        np.concatenate([moves.system, rolled.system]),
        np.concatenate([moves.from_level, rolled.level]),
        np.concatenate([moves.to_level, rolled.level]),
        np.concatenate(names),
        np.concatenate([moves.effective_on, rolled.evaluated_on]),
    )


def record_settled(connection: Connection, decided: SettledStandings, run_id: str) -> Mask:
    """Writes the standings that changed, and their moves; answers which changes were applied."""
    changed = np.concatenate([decided.moves.row, decided.rolled])
    rows = np.unique(changed)
    written = rows[record_standings(connection, taken(decided.standings, rows))]
    applied = np.isin(changed, written)
    moves = taken(decided.moves, applied[: len(decided.moves)])
    record_moves(connection, decided.standings, moves, np.empty(0, dtype=object), run_id)
    return applied


def recorded_moves(fetch: Fetch, run_id: str, scope: Scope) -> Changes:
    """The moves that a run recorded."""
    found = fetch(select_moves_of_run(run_id, scope.first_shard, scope.last_shard))
    columns = [
        found[name] for name in ("member_id", "system", "from_level", "to_level", "reason", "effective_on")
    ]
    columns[4] = _MOVE_NAMES[columns[4]]
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
    reason: NDArray[np.object_],
    effective_on: NDArray[np.int32],
) -> Changes:
    codes = _level_codes(policy)
    return Changes(member_id, reason, codes[system, before], codes[system, after], effective_on)


def _level_codes(policy: Policy) -> NDArray[np.object_]:
    """Codes by the numbers of system and level; the last of both are for members without one."""
    most_levels = max(map(len, policy.level_codes), default=0)
    codes = np.full((len(policy.system_ids) + 1, most_levels + 1), "", dtype=object)
    for system, levels in enumerate(policy.level_codes):
        codes[system, : len(levels)] = levels
    return codes
