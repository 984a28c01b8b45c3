"""Rolling the window on to a day for those who buy nothing (DECISIONS, Meanings 5)."""

import numpy as np
from numpy.typing import NDArray

from services.kernel.calendar import Days
from services.kernel.columns import Index, put, taken
from services.tier.columns import Standings
from services.tier.policy import Policy
from services.tier.rules.review import Decided
from services.tier.rules.settlement import settled
from services.tier.rules.window import DailyActivity, rolled


def decide_rolls(
    standings: Standings, until: Days, policy: Policy, daily: DailyActivity
) -> tuple[Decided, Index]:
    """Everything settled that fell due up to and including a day, then what left the window subtracted.

    Beside the moves, answers the rows that did not move and whose sums changed.
    """
    decided = settled(standings, until, policy, daily, whole_day=True)
    as_of = np.maximum(until, decided.standings.evaluated_on)
    present = rolled(decided.standings, as_of, policy, daily)
    changed = np.flatnonzero(_counts_otherwise(decided.standings, present))
    after = put(decided.standings, changed, taken(present, changed))
    rolled_alone = np.setdiff1d(np.flatnonzero(_counts_otherwise(standings, after)), decided.moves.row)
    return Decided(after, decided.moves), rolled_alone


def _counts_otherwise(before: Standings, after: Standings) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = before.spend == after.spend
    same = same & (before.visits == after.visits) & (before.points == after.points)
    return ~same
